"""A stage of the shop on this machine: ministack stands for AWS, everything else is real.

The stack comes from template.yaml, the functions are the release bootstraps, the worker runs in workerd.
Nothing here is reached from outside: every address is on 127.0.0.1.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ["checkout", "payments", "merchant", "publish", "crm"]
REGION = "us-east-1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, seconds: float, check, every: float = 0.2):
    """Polls `check` until it answers something true; raises with the last trouble otherwise."""
    deadline, trouble = time.monotonic() + seconds, "it never answered"
    while time.monotonic() < deadline:
        try:
            if answer := check():
                return answer
            trouble = "not yet"
        except (OSError, urllib.error.HTTPError, ValueError) as error:
            trouble = repr(error)
        time.sleep(every)
    raise TimeoutError(f"{what} was not there after {seconds} s: {trouble}")


def get(url: str, **headers) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as response:
        return response.read()


def bootstrap_zip(binary: Path) -> bytes:
    """A Lambda zip: the binary as an executable `bootstrap`, with a fixed date so that equal code is an equal zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap", date_time=(2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, binary.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass
class Stage:
    """Starts with `up()`, ends with `down()`; `outputs` are the stack's."""

    work: Path
    bootstraps: Path
    public_url: str
    stack: str = "stoa"
    outputs: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    plugin_signing_key: str = ""
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def functions_url(self) -> str:
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    @property
    def objects_url(self) -> str:
        return f"{self.endpoint}/{self.outputs['PublicBucketName']}"

    def environment(self) -> dict[str, str]:
        """What an operator's shell has to reach the stage, and the functions' own names for their resources."""
        environment = dict(
            os.environ,
            AWS_ENDPOINT_URL=self.endpoint,
            AWS_REGION=REGION,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_EC2_METADATA_DISABLED="true",
        )
        if self.outputs:
            environment |= {
                "STOA_TABLE": self.outputs["TableName"],
                "STOA_PUBLIC_BUCKET": self.outputs["PublicBucketName"],
                "STOA_PRIVATE_BUCKET": self.outputs["PrivateBucketName"],
            }
        return environment

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )

    def start(self, name: str, command: list[str], **options) -> subprocess.Popen:
        log = open(self.work / f"{name}.log", "wb")
        # A session of its own: ministack leaves its functions running, so the whole group is ended.
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def up(self, ministack: str) -> None:
        environment = self.environment() | {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "LAMBDA_EXECUTOR": "local",
            "STATE_DIR": str(self.work / "state"),
            "SFTP_ENABLED": "0",
        }
        self.start("ministack", [ministack], env=environment, cwd=self.work)
        wait_for("ministack", 30, lambda: get(f"{self.endpoint}/_ministack/health"))
        s3 = self.client("s3")
        s3.create_bucket(Bucket="stoa-code")
        for name in FUNCTIONS:
            s3.put_object(Bucket="stoa-code", Key=f"local/{name}.zip", Body=bootstrap_zip(self.bootstraps / f"stoa-{name}"))
        self.create_stack()

    def create_stack(self) -> None:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.plugin_signing_key = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()
        parameters = {
            "CodeBucket": "stoa-code",
            "CodePrefix": "local",
            "Architecture": "x86_64",
            "PublicUrl": self.public_url,
            "LinkKey": secrets.token_hex(32),
            "PluginSigningKey": self.plugin_signing_key,
            "PluginVerifyKey": public.hex(),
            "SandboxSecret": secrets.token_hex(32),
        }
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=self.stack,
            TemplateBody=(ROOT / "infra/template.yaml").read_text(),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        )

        def settled():
            stack = formation.describe_stacks(StackName=self.stack)["Stacks"][0]
            return stack if not stack["StackStatus"].endswith("_IN_PROGRESS") else None

        stack = wait_for("the stack", 60, settled)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = formation.describe_stack_events(StackName=self.stack)["StackEvents"]
            reasons = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events if "FAILED" in e["ResourceStatus"]]
            raise RuntimeError(f"the stack is {stack['StackStatus']}: {'; '.join(reasons)}")
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def published_products(self) -> int:
        """How many products the pointer's manifest names; 0 before the first publish."""
        try:
            pointer = json.loads(get(f"{self.objects_url}/current.json"))
        except urllib.error.HTTPError:
            return 0
        return json.loads(get(f"{self.objects_url}/snapshots/{pointer['manifest']}.json"))["products"]

    def delete_stack(self) -> None:
        formation = self.client("cloudformation")
        formation.delete_stack(StackName=self.stack)

        def gone():
            try:
                return formation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
            except formation.exceptions.ClientError:
                return True

        wait_for("the stack's end", 30, gone)

    def down(self) -> None:
        for process in reversed(self.processes):
            end_group(process, signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            end_group(process, signal.SIGKILL)


def end_group(process: subprocess.Popen, how: signal.Signals) -> None:
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass
