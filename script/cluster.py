"""A cluster of PostgreSQL, what stands before it, an issuer of tokens and production servers on it: what
the scripts that break them share."""
import base64, http.server, json, os, pwd, random, shutil, signal, socket
import subprocess, sys, tempfile, threading, time, urllib.request

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATIENCE = 60.0


def bindir():
    if os.environ.get("ELOS_PG_BINDIR"):
        return os.environ["ELOS_PG_BINDIR"]
    of_debian = "/usr/lib/postgresql"
    newest = max(os.listdir(of_debian), key=float)
    return f"{of_debian}/{newest}/bin"


def need(program, package):
    if shutil.which(program):
        return
    if os.geteuid() != 0:
        sys.exit(f"Missing: {program}. Type:  sudo apt-get install {package}")
    # The packages would start services of their own.
    subprocess.run("apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends " + package,
                   shell=True, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["service", package, "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def until(reached, what, patience=PATIENCE, every=0.02):
    begun = time.monotonic()
    while True:
        found = reached()
        if found:
            return found
        if time.monotonic() - begun > patience:
            raise SystemExit(f"not within {patience:.0f} s: {what}")
        time.sleep(every)


def free_port():
    """Below those that the system gives to outgoing connections, one of which might take it first."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class Folder:
    """Files of the run, of whoever runs PostgreSQL: it refuses root."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="elos-failover.", dir="/var/tmp")
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.path, self.user)
        os.chmod(self.path, 0o755)

    def run(self, *command, check=True):
        done = subprocess.run(command, user=self.user, capture_output=True, text=True, cwd="/")
        if check and done.returncode:
            raise SystemExit(f"{command[0]}: {done.stdout}{done.stderr}")
        return done

    def popen(self, name, *command, **options):
        log = open(f"{self.path}/{name}.log", "a")
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **options)

    def write(self, name, text):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(text)
        shutil.chown(f"{self.path}/{name}", self.user)
        return f"{self.path}/{name}"


class Node:
    """One PostgreSQL."""

    def __init__(self, folder, name):
        self.folder, self.name, self.port = folder, name, free_port()
        self.data = f"{folder.path}/{name}"

    def sql(self, text):
        return self.folder.run(f"{bindir()}/psql", "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres",
                               "-d", "elos", "-c", text).stdout.strip()

    def start(self):
        options = f"-p {self.port} -k {self.folder.path} -c listen_addresses=127.0.0.1 -c hot_standby=on -c wal_keep_size=64MB"
        self.folder.run(f"{bindir()}/pg_ctl", "-D", self.data, "-o", options, "-l", f"{self.folder.path}/{self.name}.log",
                        "-w", "start")

    def kill(self):
        """The postmaster and all of its processes, as when the machine goes."""
        with open(f"{self.data}/postmaster.pid") as file:
            postmaster = int(file.readline())
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        for pid in [postmaster, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        # While it is there, its lock file keeps another from starting.
        until(lambda: not os.path.exists(f"/proc/{postmaster}"), "the end of a killed PostgreSQL")

    def stop(self):
        self.folder.run(f"{bindir()}/pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)

    def is_primary(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            return self.sql("SELECT NOT pg_is_in_recovery()") == "t"
        except (OSError, SystemExit):
            return False

    def follow(self, primary):
        """Becomes the synchronous standby of `primary`, from nothing."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.folder.run(f"{bindir()}/pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres",
                        "-D", self.data, "-R", "-c", "fast", "-X", "stream")
        self.start()
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        until(lambda: primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1",
              "a synchronous standby")

    def promote(self):
        # It has no standby yet: a commit that waited for one would never end.
        with open(f"{self.data}/postgresql.auto.conf", "a") as conf:
            conf.write("synchronous_standby_names = ''\n")
        self.folder.run(f"{bindir()}/pg_ctl", "-D", self.data, "-w", "promote")


class Health(http.server.BaseHTTPRequestHandler):
    """What HAProxy asks: 200 when the node is the primary."""

    node = None

    def do_GET(self):
        self.send_response(200 if self.node.is_primary() else 503)
        self.end_headers()

    do_OPTIONS = do_GET

    def log_message(self, *_):
        pass


def health_of(node):
    handler = type("HealthOf", (Health,), {"node": node})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def haproxy(folder, servers):
    """In front of the nodes; `servers` are their ports and those of who says which is the primary."""
    need("haproxy", "haproxy")
    port = free_port()
    lines = "\n".join(f"  server n{n} 127.0.0.1:{pg} check port {check}" for n, (pg, check) in enumerate(servers))
    config = folder.write("haproxy.cfg", f"""global
  maxconn 500
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 1s
  # By default it tries a server that is gone three times, a second apart, and whoever connects waits.
  retries 0
listen elos
  bind 127.0.0.1:{port}
  option httpchk GET /primary
  default-server inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
{lines}
""")
    child = folder.popen("haproxy", "haproxy", "-f", config)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(listens, "HAProxy")
    return port, child


class Issuer:
    """A demo, for its tokens and for the data that the cluster begins with."""

    def __init__(self, folder):
        self.folder, self.data = folder, f"{folder.path}/demo"
        self.elos = os.environ.get("ELOS_FAILOVER_PROGRAM", f"{HERE}/target/debug/elos")
        self.child = None

    def start(self):
        output = f"{self.folder.path}/demo.out"
        log = open(output, "w")
        self.child = subprocess.Popen([self.elos, "demo", "--bind", "127.0.0.1:0", "--processos", "270", "--data-dir", self.data],
                                      stdout=log, stderr=log, cwd="/")

        def base():
            words = open(output).read().split()
            return next((word[: -len("/graphiql")] for word in words if word.endswith("/graphiql")), None)

        self.base = until(base, "the demo")

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait()

    def token(self):
        basic = "Basic " + base64.b64encode(b"tjrn:demo").decode()
        ask = urllib.request.Request(self.base + "/auth/realms/pje/protocol/openid-connect/token",
                                     b"grant_type=client_credentials", {"Authorization": basic})
        return "Bearer " + json.load(urllib.request.urlopen(ask))["access_token"]


def first_data(folder, issuer, node):
    """The demo's database, as the primary's."""
    issuer.start()
    issuer.stop()
    shutil.copytree(f"{issuer.data}/data", node.data, symlinks=True)
    folder_of = pwd.getpwnam(folder.user)
    for root, folders, files in os.walk(node.data):
        for name in [root, *(os.path.join(root, one) for one in folders + files)]:
            os.chown(name, folder_of.pw_uid, folder_of.pw_gid)
    with open(f"{node.data}/pg_hba.conf", "w") as hba:
        hba.write("local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n")
    issuer.start()


def serve(folder, issuer, url, port=None, **env):
    """A production server, once it is ready."""
    port = port or free_port()
    realm = issuer.base + "/auth/realms/pje"
    env = dict(os.environ, DATABASE_URL=url, ELOS_OIDC_ISSUER=realm,
               ELOS_OIDC_JWKS_URL=realm + "/protocol/openid-connect/certs", **env)
    server = folder.popen(f"elos-{port}", issuer.elos, "serve", "--bind", f"127.0.0.1:{port}", env=env)
    ready = lambda: subprocess.run([issuer.elos, "healthcheck", "--bind", f"127.0.0.1:{port}"], capture_output=True).returncode == 0
    until(ready, "the server")
    return port, server
