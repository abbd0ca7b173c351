"""The door: an HTTP API that lets in signed requests, so many a second, and writes down who came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, aws_apigatewayv2, aws_logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.parts.worker import retention

if TYPE_CHECKING:
    from infra.environments import Environment
    from infra.parts.worker import Worker
    from infra.triggers import Route

_LINE = {
    "at": "$context.requestTime",
    "caller": "$context.identity.caller",
    "error": "$context.error.message",
    "latency": "$context.responseLatency",
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
}


class Door(Construct):
    """The HTTP API `tidegate-<environment>`."""

    def __init__(self, scope: Construct, *, environment: Environment) -> None:
        super().__init__(scope, "Door")
        name = f"tidegate-{environment.name}"
        log = aws_logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/apigateway/{name}",
            retention=retention(environment.log_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.api = aws_apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=name,
            description="Predictions of Tidegate's models",
            create_default_stage=False,
            default_authorizer=HttpIamAuthorizer(),
        )
        self.stage = aws_apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=aws_apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=environment.requests_per_second,
                throttling_burst_limit=2 * environment.requests_per_second,
            ),
            access_log_settings=aws_apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(_LINE)
            ),
        )
        self.url = self.api.api_endpoint

    def opens(self, route: Route, worker: Worker) -> None:
        """Let the worker answer this route."""
        self.api.add_routes(
            path=route.path,
            methods=[aws_apigatewayv2.HttpMethod[route.method]],
            integration=HttpLambdaIntegration(worker.verb.title(), worker.function),
        )
