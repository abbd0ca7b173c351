"""The entry point of an image, run by its own Python: its name, then `train`, `serve` or any command."""

import os
import sys


def main(image: str, command: list[str]) -> None:
    """Do what AWS's image does for the same argument."""
    if command == ["train"]:
        from sagemaker_training.cli.train import main as train

        train()
    elif command == ["serve"]:
        import serving

        serving.serve(image)
    elif command:
        os.execvp(command[0], command)  # noqa: S606 - as the entry points of AWS's images do
    else:
        sys.exit(f"the image {image} does nothing without a command: train, serve, or one of its programs")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
