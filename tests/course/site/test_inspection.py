"""A site that is heavy, leads nowhere or asks another host is found out."""

from minivid.course.site import inspection

GOOD = '<img src="p.webp"><a href="other/b.html#there">b</a><a href="#here">h</a><p id="here"><a href="https://example.org">out</a>'


def site(folder, **pages: str):
    (folder / "other").mkdir()
    (folder / "p.webp").write_bytes(b"x" * 1000)
    (folder / "_static").mkdir()
    (folder / "_static/theme.css").write_bytes(b"y" * 5000)
    for name, text in {"a": GOOD, "other/b": '<p id="there"></p>', **pages}.items():
        (folder / f"{name}.html").write_text(text)
    return folder, inspection.read(folder)


def test_a_sound_site_has_no_problems_and_a_link_to_elsewhere_is_none(tmp_path):
    assert inspection.problems(*site(tmp_path)) == []


def test_a_page_weighs_itself_and_each_of_its_pictures_once_without_what_all_share(tmp_path):
    text = '<img src="p.webp"><img src="./p.webp"><link rel="stylesheet" href="_static/theme.css">'
    folder, pages = site(tmp_path, c=text)
    assert inspection.weights(folder, pages)["c.html"] == len(text) + 1000
    assert inspection.problems(folder, pages, limit=1050) == [
        "a.html weighs 0.00 MB with its pictures; a page has at most 0.00.",
        "c.html weighs 0.00 MB with its pictures; a page has at most 0.00.",
    ]


def test_dead_links_dead_places_and_missing_files_are_named(tmp_path):
    folder, pages = site(tmp_path, c='<a href="gone.html">x</a><a href="other/b.html#gone">x</a><img src="gone.webp">')
    assert sorted(inspection.problems(folder, pages)) == [
        "c.html leads to gone.html, which is not there.",
        "c.html leads to gone.webp, which is not there.",
        "c.html leads to other/b.html#gone, and that page has no place 'gone'.",
    ]


def test_what_is_loaded_from_elsewhere_is_named_however_it_is_written(tmp_path):
    for n, text in enumerate(
        (
            '<script src="https://cdn.example/x.js"></script>',
            '<link rel="stylesheet" href="//fonts.example/f.css">',
            '<img src="http://example/p.png">',
            '<link rel="preload" href="https://example/f.woff2">',
        )
    ):
        folder = tmp_path / str(n)
        folder.mkdir()
        found = inspection.problems(*site(folder, c=text))
        assert len(found) == 1 and found[0].startswith("c.html loads ") and found[0].endswith(" from elsewhere.")


def test_an_address_to_be_read_is_not_loaded(tmp_path):
    assert inspection.problems(*site(tmp_path, c='<link rel="canonical" href="https://example.org/c.html">')) == []
