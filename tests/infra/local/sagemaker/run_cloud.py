"""MiniStack with the local SageMaker plugged in, for the tests beside it."""

from infra.local.sagemaker import plug

if __name__ == "__main__":
    plug.install()
    from ministack.app import main

    main()
