"""A small SageMaker that really works: jobs and endpoints are processes under SageMaker's container contract.

    wire        HTTP in, HTTP out: the control plane's JSON and the runtime's invocations
    validation  a request against botocore's own model of SageMaker
    backend     the table of operations; training, processing, hosting, endpoints, registry hold them
    jobs        a job from its start to its end: files in, process, files out
    endpoints   what may be asked of an endpoint; transitions, rollout and rolling take it from state to state
    transform   batch transform: records through a model's container; tuning starts training jobs
    fleet       the processes behind one endpoint configuration: variants of instances, or serverless ones;
                traffic shares the calls between two fleets, and keeper starts again what died
    runtime     the calls: to an instance and back, whole or as an event stream; captures keeps some of them,
                and asynchronous those that wait in a queue
    process     one process under its warden; isolation gives it its own /opt/ml and, if asked, no network
    pipelines   SageMaker Pipelines: definitions, and executions of their steps
    images      which local program stands for a container image
    cloud       the one door to the rest of the local cloud: S3, STS, logs, metrics, events, alarms
    autoscaling Application Auto Scaling of endpoints; targets changes the number of instances
    formation   CloudFormation's types for models, configurations and endpoints
    plug        adds all of it to MiniStack, which nothing else here knows

`python -m infra.local.sagemaker --port 5067` serves it alone, beside any cloud that `AWS_ENDPOINT_URL` names.

    TIDEGATE_LOCAL_TIME_SCALE   how fast the waits of a roll-out pass: 0.01 makes a hundred seconds one
    TIDEGATE_LOCAL_IMAGES       further images, as JSON: repository to command
    TIDEGATE_LOCAL_NAMESPACES   off: jobs share this machine's name spaces

Not checked here: whether the role may pull its image from ECR, since no image is pulled.
"""
