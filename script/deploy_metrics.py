"""Holds the board, the alert rules and the autoscaler of deploy/ against the metrics that a running server shows.

  deploy_metrics.py METRICS_FILE     the text of /metrics, where every metric has been counted at least once

Each query must parse, and each metric that it names must be in the text, or be one of Prometheus' own or of
node_exporter. Each alert must name a page of docs/operacao (and a heading of it) that exists.
"""
import json, pathlib, re, subprocess, sys, tempfile

import yaml

ELSEWHERE = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
WORDS = {"sum", "count", "max", "min", "avg", "rate", "increase", "topk", "by", "without", "and", "or", "unless", "on", "ignoring",
         "absent", "vector", "histogram_quantile", "predict_linear", "group_left", "group_right", "clamp_min", "bool"}


def metrics_of(query):
    """The metrics that a query names: words that are no function, no label and no duration."""
    query = re.sub(r'"(\\.|[^"\\])*"', '""', query)
    query = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", query)
    query = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    return {word for word in NAME.findall(query) if word not in WORDS}


def headings(page):
    lines = (line for line in page.read_text().splitlines() if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in lines}


def board_queries():
    board = json.loads((ROOT / "deploy/grafana/elos.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"board, {panel['title']}", target["expr"].replace("$instancia", ".*")
    for variable in board["templating"]["list"]:
        found = re.fullmatch(r"label_values\((.*), \w+\)", variable["query"])
        if found:
            yield f"board, variable {variable['name']}", found[1]


def scaling_queries():
    """What the autoscaler asks for, by the rules of the adapter that answers it."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/adapter.yml").read_text())["rules"]["custom"]
    served = {rule["name"]["as"]: rule["seriesQuery"] for rule in rules}
    scaler = yaml.safe_load((ROOT / "deploy/kubernetes/horizontalpodautoscaler.yaml").read_text())
    for metric in scaler["spec"]["metrics"]:
        if metric["type"] == "Pods":
            name = metric["pods"]["metric"]["name"]
            yield f"autoscaler, {name}", served.get(name, "")


def main(text):
    shown = {NAME.match(line)[0] for line in text.splitlines() if line and not line.startswith("#")}
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    queries = [(rule["alert"], rule["expr"]) for rule in rules] + list(board_queries()) + list(scaling_queries())
    faults = []
    for place, query in queries:
        named = metrics_of(query)
        if not named:
            faults.append(f"{place}: names no metric")
        faults += [f"{place}: no server shows {name}" for name in sorted(named - shown - ELSEWHERE)]
    for rule in rules:
        name, _, heading = rule["annotations"].get("runbook", "").partition("#")
        page = ROOT / name
        if not (name and page.is_file()):
            faults.append(f"{rule['alert']}: there is no page {name!r}")
        elif heading and heading not in headings(page):
            faults.append(f"{rule['alert']}: {name} has no heading {heading}")
    # promtool reads rules: queries of the board are made into some.
    made = [{"record": f"board:{n}", "expr": query} for n, (_, query) in enumerate(board_queries())]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "board", "rules": made}]}, file)
        file.flush()
        read = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    if read.returncode:
        faults.append("the board: " + read.stderr.strip())
    print(f"{len(queries)} queries, {len(rules)} alerts, {len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).read_text()))
