"""Writes what the released program is made of: sbom.py SBOM LICENCES

The SBOM (CycloneDX 1.5, JSON) has each crate with its version, licence, checksum and what it depends on. LICENCES has the
texts of the licences, each once, with the crates that it is of. Both are the same for the same commit.
"""
import hashlib, json, os, pathlib, subprocess, sys, time, tomllib, uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEATURES = ["--no-default-features", "--features", "system-libpq,otlp"]
TARGET = "x86_64-unknown-linux-gnu"
# What a crate may be under: it must allow redistribution of the program without conditions on the rest.
ALLOWED = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "Zlib", "Unicode-3.0", "Unlicense", "CC0-1.0",
           "CDLA-Permissive-2.0", "BSL-1.0", "MIT-0", "Apache-2.0 WITH LLVM-exception", "MPL-2.0", "OFL-1.1"}


def metadata():
    ran = subprocess.run(["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET, *FEATURES],
                         cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def reached(data):
    """The ids of what the program contains, and of what only builds it."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    contains, builds = set(), set()

    def walk(id, into, kinds):
        if id in into:
            return
        into.add(id)
        for dep in nodes[id]["deps"]:
            if any(kind["kind"] in kinds for kind in dep["dep_kinds"]):
                walk(dep["pkg"], into, kinds)

    sys.setrecursionlimit(10_000)
    walk(data["resolve"]["root"], contains, {None})
    walk(data["resolve"]["root"], builds, {None, "build"})
    return nodes, contains, builds


def licence(package):
    if package.get("license"):
        return package["license"].replace("/", " OR ")
    # A crate may give its licence only as a file.
    first = "\n".join(texts(package)).lstrip()[:40]
    return "MIT" if first.startswith(("MIT License", "The MIT License")) else "NOASSERTION"


def is_allowed(expression):
    """Whether one of the alternatives consists of allowed licences."""
    text = expression.replace("(", " ").replace(")", " ")
    alternatives = [part.split(" AND ") for part in text.split(" OR ")]
    return any(all(name.strip() in ALLOWED for name in names) for names in alternatives)


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    names = sorted(path for path in folder.iterdir()
                   if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT")))
    if package.get("license_file"):
        names.append(folder / package["license_file"])
    return [path.read_text(errors="replace").strip() for path in names if path.is_file()]


def main(sbom, licences):
    data = metadata()
    packages = {package["id"]: package for package in data["packages"]}
    root = data["resolve"]["root"]
    nodes, contains, builds = reached(data)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(entry["name"], entry["version"]): entry.get("checksum") for entry in lock}
    order = sorted(builds - {root}, key=lambda id: (packages[id]["name"], packages[id]["version"]))

    def purl(id):
        return f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}"

    components = []
    for id in order:
        package = packages[id]
        component = {"type": "library", "bom-ref": purl(id), "name": package["name"], "version": package["version"], "purl": purl(id),
                     "scope": "required" if id in contains else "excluded", "licenses": [{"expression": licence(package)}]}
        checksum = checksums.get((package["name"], package["version"]))
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
    version = packages[root]["version"]
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    content = json.dumps(components, sort_keys=True)
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(content.encode()).hexdigest())}",
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
                     "component": {"type": "application", "bom-ref": purl(root), "name": "elos", "version": version, "purl": purl(root),
                                   "licenses": [{"expression": "MIT OR Apache-2.0"}]}},
        "components": components,
        "dependencies": [{"ref": purl(id), "dependsOn": sorted({purl(dep["pkg"]) for dep in nodes[id]["deps"]
                                                                if dep["pkg"] in builds and any(kind["kind"] != "dev" for kind in dep["dep_kinds"])})}
                         for id in [root, *order]],
    }
    pathlib.Path(sbom).write_text(json.dumps(document, indent=1) + "\n")

    by_text, refused = {}, []
    for id in sorted(contains - {root}, key=lambda id: packages[id]["name"]):
        package = packages[id]
        name = f"{package['name']} {package['version']}"
        if not is_allowed(licence(package)):
            refused.append(f"{name}: {licence(package)}")
        for text in texts(package) or [f"(o pacote não traz o texto; a licença é {licence(package)})"]:
            by_text.setdefault(text, []).append(name)
    with open(licences, "w") as file:
        file.write("Licenças dos pacotes que o programa elos contém.\n\n")
        for id in sorted(contains - {root}, key=lambda id: packages[id]["name"]):
            file.write(f"{packages[id]['name']} {packages[id]['version']}: {licence(packages[id])}\n")
        for text, names in sorted(by_text.items(), key=lambda item: item[1]):
            file.write(f"\n{'=' * 100}\n{', '.join(names)}\n{'-' * 100}\n{text}\n")
    print(f"{len(contains) - 1} crates in the program, {len(builds - contains)} that build it, {len(by_text)} licence texts")
    for line in refused:
        print("  licence not on the list: " + line, file=sys.stderr)
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
