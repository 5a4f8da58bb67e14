"""Holds deploy/elos.toml against the program: deploy_config.py PROGRAM

The defaults that it tells are the program's, its examples are accepted, and no setting is missing.
"""
import pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTIONS = {"regras", "assinaturas", "corporativo"}
# What no file has: without them the program says that `elos serve` would not start.
ENV = {"PATH": "/usr/bin:/bin", "DATABASE_URL": "postgres:///elos?host=/tmp", "ELOS_OIDC_ISSUER": "https://sso.exemplo.jus.br"}


def check(program, text, folder):
    path = folder / "elos.toml"
    path.write_text(text)
    ran = subprocess.run([program, "--config", path, "check-config"], capture_output=True, text=True, env=ENV)
    return ran.returncode, ran.stdout, ran.stderr


def known(program, section, folder):
    """The settings that the program has, by what it says of one that it does not know."""
    _, _, told = check(program, f"{section}\nnada = 1", folder)
    names = told.split("expected one of ", 1)[1]
    return set(re.findall(r"`(\w+)`", names)) - SECTIONS


def main(program):
    given = (ROOT / "deploy/elos.toml").read_text()
    with tempfile.TemporaryDirectory() as name:
        folder, faults = pathlib.Path(name), []
        (folder / "documentos.json").write_text("{}")
        # The heading of [corporativo] stays empty: its only line is an example.
        defaults = re.sub(r"(?m)^#(\w+ = )", r"\1", given)
        examples = re.sub(r"(?m)^#; (\w+ = )", r"\1", defaults).replace("/etc/elos/", f"{folder}/")
        for kind, text in (("as it is", given), ("with its defaults", defaults), ("with its examples", examples)):
            code, said, error = check(program, text, folder)
            # The files and machines that the examples name are not here; the program read every setting.
            if code and not (kind == "with its examples" and "recusaria esta configuração" in error):
                faults.append(f"{kind}: {error.strip()}")
            elif kind != "with its examples" and said != check(program, "", folder)[1]:
                faults.append(f"{kind}: it changes what the program does by itself")
        for section in ("", "[regras]", "[assinaturas]"):
            block = given
            if section:
                block = given.split(section + "\n", 1)[1].split("\n[", 1)[0]
            else:
                block = given.split("[regras]\n", 1)[0]
            told = set(re.findall(r"(?m)^#;? ?(\w+) = ", block))
            names = known(program, section, folder)
            faults += [f"{section} {name}: not in the file" for name in sorted(names - told)]
            faults += [f"{section} {name}: no setting of the program" for name in sorted(told - names)]
    for fault in faults:
        print("  " + fault)
    print(f"deploy/elos.toml: {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
