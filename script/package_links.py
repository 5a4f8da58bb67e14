"""Holds the pages of a package against what the package contains: each relative link of a page must lead to a file of it.

  package_links.py FOLDER     the folder of documents, for example ROOT/usr/share/doc/elos

A link to a heading must name one that its page has. Prints each fault, and exits 1 if there is one.
"""
import pathlib, re, sys

LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(page):
    lines = (line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in lines}


def faults(folder):
    for page in sorted(folder.rglob("*.md")):
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, heading = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.is_relative_to(folder) or not target.is_file():
                yield f"{page.relative_to(folder)}: {link}: no such file in the package"
            elif heading and target.suffix == ".md" and heading not in headings(target):
                yield f"{page.relative_to(folder)}: {link}: no such heading"


def main(folder):
    pages = len(list(folder.rglob("*.md")))
    found = list(faults(folder))
    for fault in found:
        print(fault, file=sys.stderr)
    if not pages:
        print(f"{folder}: no page", file=sys.stderr)
    return bool(found) or not pages


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
