"""The template says what the code expects, and passes its linter. Fast: nothing is started."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cfnlint.decode
import pytest

from stage import FUNCTIONS, ROOT

TEMPLATE = ROOT / "infra/template.yaml"


@pytest.fixture(scope="session")
def template() -> dict:
    decoded, problems = cfnlint.decode.decode(str(TEMPLATE))
    assert not problems, problems
    return decoded


def test_template_passes_cfn_lint():
    linted = subprocess.run([Path(sys.executable).parent / "cfn-lint", TEMPLATE], capture_output=True, text=True, timeout=120)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_table_is_what_storage_creates(template):
    expected = json.loads(subprocess.run([os.environ["STOA_PROGRAM"], "deploy", "table"], capture_output=True, check=True).stdout)
    declared = template["Resources"]["Table"]["Properties"]
    for name, value in expected.items():
        assert declared.get(name) == value, f"Table.{name}"


def read_by(function: str) -> set[str]:
    """The STOA_ variables that a function's own settings, storage and the shared crate name."""
    folders = [ROOT / f"functions/{function}/src", ROOT / "storage/src"]
    text = "\n".join(file.read_text() for folder in folders for file in folder.rglob("*.rs"))
    names = set(re.findall(r'"(STOA_[A-Z_]+)"', text))
    shared = (ROOT / "functions/endpoint/src/config.rs").read_text()
    if "PublicUrl::from_env" in text:
        names |= set(re.findall(r'"(STOA_PUBLIC_URL)"', shared))
    if "LinkKey::from_env" in text:
        names.add("STOA_LINK_KEY")
    return names


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_gets_the_variables_it_reads_and_no_secret_it_does_not(template, function):
    every = template["Globals"]["Function"]["Environment"]["Variables"]
    own = template["Resources"][function.capitalize()]["Properties"].get("Environment", {}).get("Variables", {})
    given = {name for name in {**every, **own} if name.startswith("STOA_")}
    read = read_by(function)
    assert read - given == set(), "read by the code, missing in the template"
    assert {name for name in own if name.startswith("STOA_")} - read == set(), "in the template, never read"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_roles_name_their_resources(template, function):
    for policy in template["Resources"][function.capitalize()]["Properties"]["Policies"]:
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any("*" in action for action in actions), actions
            assert statement["Resource"] != "*"


def statements(template, function: str):
    for policy in template["Resources"][function.capitalize()]["Properties"]["Policies"]:
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            yield actions, json.dumps(statement["Resource"])


def test_no_role_may_what_storage_never_does(template):
    """Transactions are allowed by the actions of their parts, which storage builds with the SDK's own names."""
    source = "\n".join(file.read_text() for file in (ROOT / "storage/src").rglob("*.rs"))
    parts = {"PutItem": "Put::builder", "DeleteItem": "Delete::builder", "UpdateItem": "Update::builder"}
    for function in FUNCTIONS:
        for actions, _ in statements(template, function):
            for name in (action.split(":")[1] for action in actions if action.split(":")[0] in ("dynamodb", "s3")):
                call = "." + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + "()"
                call = "list_objects_v2()" if name == "ListBucket" else call
                assert call in source or parts.get(name, "\0") in source, f"{function} may {name}"


def test_every_queue_has_a_dead_letter_queue_with_an_alarm(template):
    resources = template["Resources"]
    queues = {name for name, r in resources.items() if r["Type"] == "AWS::SQS::Queue"}
    dead = {name for name in queues if "RedrivePolicy" not in resources[name]["Properties"]}
    assert queues - dead and dead
    for name in queues - dead:
        policy = resources[name]["Properties"]["RedrivePolicy"]
        assert policy["maxReceiveCount"] > 1 and any(d in json.dumps(policy["deadLetterTargetArn"]) for d in dead)
    alarms = json.dumps([r for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"])
    assert all(name in alarms for name in dead)


def test_only_the_sweep_removes_objects_and_never_pictures(template):
    removing = {(f, resource) for f in FUNCTIONS for actions, resource in statements(template, f) if "s3:DeleteObject" in actions}
    assert {function for function, _ in removing} == {"publish"}
    assert all("media" not in resource and "current.json" not in resource for _, resource in removing)
    schedule = template["Resources"]["Publish"]["Properties"]["Events"]["Sweep"]["Properties"]
    assert json.loads(schedule["Input"]) == {"task": "prune"}


def test_wrangler_packs_the_worker(tmp_path):
    wrangler = ROOT / "edge/node_modules/.bin/wrangler"
    environment = dict(os.environ, WRANGLER_SEND_METRICS="false", CLOUDFLARE_CF_FETCH_ENABLED="false", CI="true")
    packed = subprocess.run(
        [wrangler, "deploy", "--dry-run", "--outdir", tmp_path], cwd=ROOT / "edge", env=environment, capture_output=True, text=True, timeout=120
    )
    assert packed.returncode == 0, packed.stdout + packed.stderr
    assert any(file.suffix == ".wasm" for file in tmp_path.rglob("*")), "the packed worker has its WebAssembly module"
