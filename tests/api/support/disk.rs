//! A disk that is full: a small one that is mounted for it, where whoever runs the tests may mount.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use nix::unistd::{User, geteuid};
use std::os::unix::fs::chown;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static SERIES: AtomicU32 = AtomicU32::new(0);

/// The disk of one table. Where none may be mounted, a trigger says what PostgreSQL would.
pub struct FullDisk {
    table: String,
    /// The name of its tablespace.
    space: String,
    mounted: Option<Mounted>,
}

/// A file system of eight megabytes.
struct Mounted(String);

impl Mounted {
    fn new(name: &str) -> Option<Self> {
        let path = format!("/var/tmp/elos-disk-{name}");
        std::fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", &path])
            .output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", &self.0]).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl FullDisk {
    /// Moves the table there, and fills what is left. What the table's last page still holds is taken.
    pub fn of(conn: &mut PgConnection, table: &str) -> Self {
        // The cluster outlives a run that failed, and its tablespaces too.
        let name = format!("{}_{}", std::process::id(), SERIES.fetch_add(1, Ordering::Relaxed));
        let disk = Self {
            table: table.to_owned(),
            space: format!("cheio_{name}"),
            mounted: Mounted::new(&name),
        };
        disk.fill(conn);
        eprintln!("a real disk: {}", disk.mounted.is_some());
        disk
    }

    fn fill(&self, conn: &mut PgConnection) {
        let Self { table, space, mounted } = self;
        let Some(Mounted(path)) = mounted else {
            let message = "could not extend file \"base/1/2\": No space left on device";
            let sql = format!(
                "CREATE FUNCTION {space}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     RAISE EXCEPTION '{message}' USING ERRCODE = '53100'; END $$; \
                 CREATE TRIGGER {space} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {space}()"
            );
            return conn.batch_execute(&sql).unwrap();
        };
        let place = format!("{path}/tablespace");
        std::fs::create_dir(&place).unwrap();
        let owner = User::from_name("postgres").unwrap();
        if let Some(owner) = owner.filter(|_| geteuid().is_root()) {
            chown(&place, Some(owner.uid.into()), Some(owner.gid.into())).unwrap();
        }
        for sql in [
            format!("CREATE TABLESPACE {space} LOCATION '{place}'"),
            format!("ALTER TABLE {table} SET TABLESPACE {space}"),
            format!("CREATE TABLE {space} (t text) TABLESPACE {space}"),
            format!("ALTER TABLE {space} ALTER COLUMN t SET STORAGE PLAIN"),
        ] {
            conn.batch_execute(&sql).unwrap();
        }
        for (length, rows) in [(2000, 100), (7000, 1)] {
            let more = format!(
                "INSERT INTO {space} SELECT repeat('x', {length}) FROM generate_series(1, {rows})"
            );
            while conn.batch_execute(&more).is_ok() {}
        }
    }

    /// There is space again.
    pub fn free(&self, conn: &mut PgConnection) {
        let Self { table, space, mounted } = self;
        let sql = match mounted {
            Some(_) => format!("DROP TABLE {space}"),
            None => format!("DROP TRIGGER {space} ON {table}"),
        };
        conn.batch_execute(&sql).unwrap();
    }

    /// The table goes back to where it was.
    pub fn leave(self, conn: &mut PgConnection) {
        let Self { table, space, mounted } = &self;
        if mounted.is_some() {
            conn.batch_execute(&format!("ALTER TABLE {table} SET TABLESPACE pg_default")).unwrap();
            conn.batch_execute(&format!("DROP TABLESPACE {space}")).unwrap();
        }
    }
}
