"""`minivid site`: the course as pages to be read in a browser."""

from pathlib import Path
from tempfile import TemporaryDirectory

from minivid.cli.errors import BadInput, course_root


def site(notebooks: Path | None = None, out: Path = Path("build/site")) -> int:
    """Build the whole course as a web site, without a network: chapters, films, reference, receipts.

    Args:
        notebooks: A folder of executed notebooks. By default they are executed, in the smallest budget, and kept in build/executed.
        out: The folder for the site; what is in it is replaced.
    """
    import os

    from minivid.course.receipt import ReceiptError
    from minivid.course.site import inspection, making, sources
    from minivid.course.site.chapters import NotExecuted, OfOneMachine
    from minivid.course.site.executing import execute
    from minivid.course.site.gallery import CannotFilm

    root = course_root()
    if absent := making.missing():
        raise BadInput(f"{making.what_to_install(absent)}")
    if notebooks is not None and not notebooks.is_dir():
        raise BadInput(f"there is no folder {notebooks}; leave --notebooks out, and the chapters are executed.")
    if out.exists() and not is_a_site(out):
        raise BadInput(f"{out} holds something else than a site: name a folder that is new or empty with --out.")
    build = root / "build"
    try:
        if notebooks is None:
            os.environ.setdefault("MINIVID_BUDGET", "smoke")
            notebooks = build / "executed"
            print("minivid: executing the chapters, which takes some minutes ...", flush=True)
            for path in execute(root / "notebooks", notebooks):
                print(f"minivid: {path.name}", flush=True)
        with TemporaryDirectory(prefix="minivid-site-") as folder:
            sources.write(root, notebooks, Path(folder) / "sources", kept=build / "site-pictures")
            making.build(Path(folder) / "sources", out)
    except (NotExecuted, OfOneMachine, FileNotFoundError, ReceiptError, CannotFilm, making.CannotBuild) as error:
        raise BadInput(str(error)) from error
    pages = inspection.read(out)
    amiss = inspection.problems(out, pages)
    heaviest, weight = max(inspection.weights(out, pages).items(), key=lambda item: item[1])
    print(f"minivid: {len(pages)} pages in {out}; the heaviest, {heaviest}, has {weight / 1e6:.2f} MB.")
    print("\n".join(amiss) or f"minivid: open {out}/index.html, or `python -m http.server -d {out}`.")
    return 1 if amiss else 0


def is_a_site(folder: Path) -> bool:
    """Whether a folder is empty, or one that was built here, and may be replaced."""
    return folder.is_dir() and (not any(folder.iterdir()) or (folder / "searchindex.js").is_file())
