"""A local script as a processing job of AWS's scikit-learn image, by ScriptProcessor."""

import json
import os

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

session = Session(default_bucket=os.environ["BUCKET"])
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2", instance_type="ml.m5.large")
words = session.upload_string_as_file_body("quiet words", os.environ["BUCKET"], "sdk/words/a.txt")
processor = ScriptProcessor(
    role=os.environ["ROLE"],
    image_uri=image,
    command=["python3"],
    instance_count=1,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
given = ProcessingS3Input(
    s3_uri=words, local_path="/opt/ml/processing/input", s3_data_type="S3Prefix", s3_input_mode="File"
)
wanted = ProcessingS3Output(
    s3_uri=f"s3://{os.environ['BUCKET']}/sdk/loud",
    local_path="/opt/ml/processing/output",
    s3_upload_mode="EndOfJob",
)
processor.run(
    code="source/shout.py",
    inputs=[ProcessingInput(input_name="words", s3_input=given)],
    outputs=[ProcessingOutput(output_name="loud", s3_output=wanted)],
    arguments=["--mark", "!"],
    wait=True,
    logs=False,
)
body = session.read_s3_file(os.environ["BUCKET"], "sdk/loud/loud.txt")
print(json.dumps({"status": processor.latest_job.refresh().processing_job_status, "said": body}))
