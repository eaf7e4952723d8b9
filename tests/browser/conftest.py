"""A clone of the course in `minivid lab`, and a Chromium that opens its notebooks as a student does.

Skipped in a sentence where playwright or a Chromium is missing; with MINIVID_BROWSER=required a failure. Pictures of what was seen are
left in the folder MINIVID_SCREENSHOTS, where one is named.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
START_S, RUN_S = 180, 1800  # seconds at most: until something is there, and for a chapter (a minute or two, if alone)
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"], .jp-StatusBar-TextItem:has-text("| Idle")'
# The server keeps one table of where its files lie for both front ends, and refuses a font to the second that asks for it.
FONT = re.compile(r"/static/(lab|notebook)/\w+\.woff2?$")
INSTALL = "`make browser` brings it"


def amiss() -> str | None:
    """Why no browser can be driven here, in a sentence; None where one can."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return f"playwright is not installed: {INSTALL}."
    if chromium() is None:
        return "there is no Chromium here: install one (Debian: `apt-get install chromium`), or name it in MINIVID_CHROMIUM."
    return None


def chromium() -> str | None:
    """The path of a browser that playwright can drive."""
    return next(filter(None, map(shutil.which, (os.environ.get("MINIVID_CHROMIUM", ""), *BROWSERS))), None)


@pytest.fixture(scope="session")
def can_browse() -> None:
    """Skips, or fails where a browser is demanded, with the sentence that says what is missing."""
    if sentence := amiss():
        if os.environ.get("MINIVID_BROWSER") == "required":
            pytest.fail(f"MINIVID_BROWSER=required, but {sentence}")
        pytest.skip(sentence)


@dataclass(frozen=True)
class Server:
    """`minivid lab` on a clone: where it answers, and the folder that it serves."""

    url: str
    token: str
    folder: Path

    def address(self, path: str) -> str:
        return f"{self.url}{path}?token={self.token}"

    def ask(self, path: str):
        """What the server says of itself, as JSON."""
        with urllib.request.urlopen(self.address(path), timeout=30) as answer:
            return json.load(answer)

    def is_idle(self, notebook: str) -> bool:
        """Whether the notebook's kernel is there, is listened to, and has nothing to do."""
        kernels = [session["kernel"] for session in self.ask("/api/sessions") if session["path"] == notebook]
        return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


@pytest.fixture(scope="session")
def server(can_browse, tmp_path_factory) -> Iterator[Server]:
    """A server without a browser of its own, on a free port, with a secret of its own and nobody's settings; ended with the tests."""
    home = tmp_path_factory.mktemp("lab")
    folder, log, runtime = home / "clone", home / "log", home / "JUPYTER_RUNTIME_DIR"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    names = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        runtime.name,
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
    )
    places = {name: str(home / name) for name in names}
    environment = {**os.environ, **places, "MINIVID_BUDGET": "smoke", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "minivid", "lab", "--no-browser", "--", "--ip=127.0.0.1", f"--port={free_port()}"]
    with log.open("w") as said:
        running = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        try:
            yield _answering(running, runtime, folder, log)
        finally:
            running.terminate()
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answering(running: subprocess.Popen, runtime: Path, folder: Path, log: Path) -> Server:
    """The server, from what it writes of itself for `jupyter server list`, once it answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and running.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):  # half a file, or not yet listening
                itself = json.loads(file.read_text())
                server = Server(itself["url"].rstrip("/"), itself["token"], folder)
                server.ask("/api/status")
                return server
        time.sleep(0.2)
    raise AssertionError(f"minivid lab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser(can_browse) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium(), headless=True)
        yield opened
        opened.close()


@dataclass
class Notebook:
    """A notebook in a browser's page. `complaints` are the page's errors, and what it asked of another host."""

    page: object
    server: Server
    name: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self._request(request.url, self.server.url))

    @property
    def path(self) -> Path:
        return self.server.folder / "mine" / self.name

    def _console(self, message) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not FONT.search(url):
            self.complaints.append(f"{message.text} ({url})")

    def _request(self, url: str, own: str) -> None:
        if not url.startswith((own, own.replace("http", "ws"), "data:", "blob:", "about:")):
            self.complaints.append(f"asked for {url}")

    def ready(self) -> None:
        """Wait until the cells are there and the page has heard that the kernel has nothing to do."""
        self.page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=START_S * 1000)
        self.idle(START_S)
        self.page.wait_for_selector(IDLE, state="attached", timeout=START_S * 1000)

    def idle(self, within_s: float | int) -> None:
        """Wait until the kernel has nothing to do."""
        self.until(lambda: self.server.is_idle(f"mine/{self.name}"), within_s, "has a kernel that is not idle")

    def until(self, holds: Callable[[], bool], within_s: float | int, otherwise: str) -> None:
        end = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < end, f"{self.name} {otherwise} after {within_s} seconds."
            self.page.wait_for_timeout(200)  # the page's events are heard meanwhile

    def run_all(self) -> nbformat.NotebookNode:
        """Run → Run All Cells, as a person does; save; the notebook as it then lies on the disk."""
        before = self._prompts()  # those of an earlier test's run, perhaps in another front end
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.until(lambda: self._prompts() != before, START_S, "has not begun")
        self.until(lambda: all(re.search(r"\d", prompt) for prompt in self._prompts()), RUN_S, "is not run to its end")
        self.idle(START_S)
        return self.saved()

    def run_once(self) -> None:
        """Run All Cells, unless an earlier test has: its kernel is still there, and the page shows what it has drawn."""
        kept = nbformat.reads(self.path.read_text(encoding="utf-8"), as_version=4)
        if any(cell.execution_count is None for cell in kept.cells if cell.cell_type == "code"):
            self.run_all()

    def _prompts(self) -> list[str]:
        return self.page.locator(".jp-CodeCell .jp-InputArea-prompt").all_text_contents()

    def saved(self) -> nbformat.NotebookNode:
        """Save by the keyboard, and read what was written."""
        before = self.path.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        self.until(lambda: self.path.stat().st_mtime_ns != before, START_S, "is not saved")
        for _ in range(50):
            with contextlib.suppress(nbformat.reader.NotJSONError):  # not yet written to its end
                return nbformat.reads(self.path.read_text(encoding="utf-8"), as_version=4)
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{self.path} is not a notebook after it was saved.")


@pytest.fixture
def opened(server, browser) -> Iterator:
    """`opened(name)`: the chapter's notebook in JupyterLab, idle. `opened(name, "notebooks")`: in Notebook 7."""
    pages = []

    def open_it(name: str, front_end: str = "") -> Notebook:
        # in a workspace of its own: JupyterLab opens again, beside the notebook, what an earlier page of a workspace had open
        front_end = front_end or f"lab/workspaces/{uuid.uuid4().hex}/tree"
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        pages.append(page)
        notebook = Notebook(page, server, f"{name}.ipynb")
        answer = page.goto(server.address(f"/{front_end}/mine/{name}.ipynb"))
        assert answer.ok, f"/{front_end} is not served: {answer.status}"
        notebook.ready()
        return notebook

    yield open_it
    for page in pages:
        page.close()


@pytest.fixture
def screenshots(tmp_path) -> Path:
    folder = Path(os.environ.get("MINIVID_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
