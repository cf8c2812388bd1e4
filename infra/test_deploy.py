"""The shop deployed: the real template, the release bootstraps, the worker in workerd, a purchase in a browser.

Needs STOA_PROGRAM (the CLI), CARGO_TARGET_DIR (the sample plugin, and the bootstraps unless STOA_BOOTSTRAPS names their folder), node with tests/browser's packages, and a browser.
`./stoa test deploy` provides them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stage import ROOT, Stage, free_port, get, wait_for

PROGRAM = os.environ.get("STOA_PROGRAM", "stoa")


class Merchant:
    """The merchant's API with a token, as a script of theirs would use it."""

    def __init__(self, url: str, token: str):
        self.url, self.token = url, token

    def send(self, method: str, path: str, body: bytes | None, kind: str = "application/json") -> dict:
        headers = {"authorization": f"Bearer {self.token}", "content-type": kind}
        request = urllib.request.Request(f"{self.url}/admin/api{path}", data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from error

    def put(self, path: str, document: dict, without: tuple[str, ...] = ()) -> dict:
        body = {name: value for name, value in document.items() if name not in without}
        return self.send("PUT", path, json.dumps(body).encode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([PROGRAM, "demo", "export", folder, "--pictures", "1"], check=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    port = free_port()
    bootstraps = Path(os.environ.get("STOA_BOOTSTRAPS") or Path(os.environ["CARGO_TARGET_DIR"]) / "release")
    stage = Stage(tmp_path_factory.mktemp("stage"), bootstraps, public_url=f"http://127.0.0.1:{port}")
    try:
        stage.up(str(Path(sys.executable).parent / "ministack"))
        yield stage
    finally:
        stage.down()


def command(stage: Stage, *arguments: str) -> str:
    """An operator's command against the deployed shop."""
    done = subprocess.run([PROGRAM, *arguments], env=stage.environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def merchant(stage) -> Merchant:
    token = json.loads(command(stage, "token", "create", "--scope", "all", "--expires", "1d", "--json"))["token"]
    return Merchant(stage.functions_url, token)


@pytest.fixture(scope="module")
def stocked(stage, merchant, demo) -> int:
    """The demo catalogue, imported through the API; answers how many products it has."""
    merchant.put("/shop", json.loads((demo / "shop.json").read_text()))
    for category in json.loads((demo / "categories.json").read_text()):
        merchant.put(f"/categories/{category['id']}", category, without=("id",))
    for page in json.loads((demo / "pages.json").read_text()):
        merchant.put(f"/pages/{page['kind']}/{page['handle']}", page, without=("kind", "handle"))

    def upload(picture: Path):
        return f"pictures/{picture.name}", merchant.send("PUT", "/media", picture.read_bytes(), "image/png")

    with ThreadPoolExecutor(2) as pool:
        media = dict(pool.map(upload, sorted((demo / "pictures").iterdir())))
    lines = []
    for line in (demo / "products.jsonl").read_text().splitlines():
        product = json.loads(line)
        for image in product.get("images", []):
            image["media"] = media[image["source"]]
        lines.append(json.dumps(product, ensure_ascii=False))
    report = merchant.send("POST", "/catalog/imports", "\n".join(lines).encode(), "application/x-ndjson")
    assert report["errors"] == []
    for collection in json.loads((demo / "collections.json").read_text()):
        merchant.put(f"/collections/{collection['id']}", collection, without=("id",))
    sample = Path(os.environ["CARGO_TARGET_DIR"]) / "wasm32-unknown-unknown/guest/stoa_sample_spend_and_save.wasm"
    manifest = ROOT / "plugins/samples/spend-and-save/plugin.toml"
    environment = stage.environment() | {"STOA_PLUGIN_SIGNING_KEY": stage.plugin_signing_key}
    subprocess.run([PROGRAM, "plugin", "publish", sample, "--manifest", manifest, "--percent", "100"], env=environment, check=True, timeout=120)
    return len(lines)


@pytest.fixture(scope="module")
def shop(stage, stocked) -> str:
    """The edge, pointed at the stack, once the stream-driven function has published everything."""
    wait_for("the published catalogue", 120, lambda: stage.published_products() == stocked)
    address = stage.public_url.removeprefix("http://")
    urls = ["--objects-url", stage.objects_url, "--functions-url", stage.functions_url]
    stage.start("edge", [PROGRAM, "edge", "serve", "--address", address, *urls])
    wait_for("the edge", 30, lambda: json.loads(get(f"{stage.public_url}/healthz"))["products"] == stocked)
    return stage.public_url


def test_a_person_buys_from_the_deployed_shop(shop):
    node = subprocess.run(
        ["node", "--test", "--test-reporter=spec", "--test-name-pattern=desktop|JavaScript off", "purchase.test.mjs"],
        cwd=ROOT / "tests/browser", env=dict(os.environ, STOA_URL=shop), timeout=300, capture_output=True, text=True,
    )
    print(node.stdout[-4000:])
    assert node.returncode == 0, node.stdout[-4000:] + node.stderr[-2000:]


def test_a_price_change_reaches_the_edge_by_itself(stage, merchant, shop):
    listed = merchant.send("GET", "/catalog/products?limit=1", None)
    product = listed["items"][0]["product"]
    handle, variants = product["handle"], product["variants"]
    for variant in variants:
        variant["price"] = "4321.00"
    merchant.send("PATCH", f"/catalog/products/{product['id']}", json.dumps({"variants": variants}).encode())
    wait_for("the new price at the edge", 30, lambda: b"4,321.00" in get(f"{shop}/products/{handle}"))


def test_what_is_scheduled_runs_in_its_function(stage, shop):
    rules = stage.client("events")
    tasks = set()
    for rule in rules.list_rules()["Rules"]:
        (target,) = rules.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        answer = stage.client("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"])
        assert "FunctionError" not in answer, answer["Payload"].read().decode()
        tasks.add(json.loads(target["Input"])["task"])
    assert tasks == {"prune", "recompile", "reconcile", "refund", "send", "sweep", "sweep_unpaid", "track_parcels"}
    assert b"<h1" in get(f"{shop}/collections")


def test_a_note_of_a_lost_batch_publishes_the_table_anew(stage, shop):
    sqs = stage.client("sqs")
    retries = next(url for url in sqs.list_queues()["QueueUrls"] if "PublishRetries" in url)
    published = lambda: json.loads(get(f"{shop}/healthz"))["published"]
    before = published()
    sqs.send_message(QueueUrl=retries, MessageBody="{}", DelaySeconds=0)
    wait_for("the version after the note", 60, lambda: published() > before)


def test_the_shop_is_seen_when_every_function_is_gone(stage, shop):
    functions = stage.client("lambda")
    for function in functions.list_functions()["Functions"]:
        functions.delete_function(FunctionName=function["FunctionName"])
    assert b"<h1" in get(f"{shop}/search?q=mug")
    assert b"<h1" in get(f"{shop}/collections")
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{shop}/cart", cookie=f"stoa_cart={'0' * 32}")
    assert refused.value.code == 503


def test_the_stack_goes_away_when_it_is_deleted(stage, shop):
    stage.delete_stack()
    assert stage.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"] == []
