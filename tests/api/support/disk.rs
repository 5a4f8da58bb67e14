//! A full disk: a small file system, mounted for the test if the user may mount one.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use nix::unistd::{User, geteuid};
use std::os::unix::fs::chown;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The disk of one table. If the user may not mount, a trigger raises the error that PostgreSQL
/// would raise.
pub struct FullDisk {
    table: String,
    /// The name of the tablespace and of the table that fills it, or of the trigger and its
    /// function.
    object_name: String,
    mounted: Option<Mounted>,
}

/// The mount point of a file system of eight megabytes.
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
    /// Moves the table to the small disk and fills the disk. The last page of the table may still
    /// have room for rows.
    pub fn of(conn: &mut PgConnection, table: &str) -> Self {
        // The cluster and its tablespaces outlive a failed run, so the names must be new.
        let name = format!("{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let disk = Self {
            table: table.to_owned(),
            object_name: format!("cheio_{name}"),
            mounted: Mounted::new(&name),
        };
        disk.fill(conn);
        eprintln!("a real disk: {}", disk.mounted.is_some());
        disk
    }

    fn fill(&self, conn: &mut PgConnection) {
        let Self { table, object_name, mounted } = self;
        let Some(Mounted(path)) = mounted else {
            let message = "could not extend file \"base/1/2\": No space left on device";
            let sql = format!(
                "CREATE FUNCTION {object_name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     RAISE EXCEPTION '{message}' USING ERRCODE = '53100'; END $$; \
                 CREATE TRIGGER {object_name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {object_name}()"
            );
            return conn.batch_execute(&sql).unwrap();
        };
        let location = format!("{path}/tablespace");
        std::fs::create_dir(&location).unwrap();
        let owner = User::from_name("postgres").unwrap();
        if let Some(owner) = owner.filter(|_| geteuid().is_root()) {
            chown(&location, Some(owner.uid.into()), Some(owner.gid.into())).unwrap();
        }
        for sql in [
            format!("CREATE TABLESPACE {object_name} LOCATION '{location}'"),
            format!("ALTER TABLE {table} SET TABLESPACE {object_name}"),
            format!("CREATE TABLE {object_name} (t text) TABLESPACE {object_name}"),
            format!("ALTER TABLE {object_name} ALTER COLUMN t SET STORAGE PLAIN"),
        ] {
            conn.batch_execute(&sql).unwrap();
        }
        for (length, rows) in [(2000, 100), (7000, 1)] {
            let more = format!(
                "INSERT INTO {object_name} SELECT repeat('x', {length}) FROM generate_series(1, {rows})"
            );
            while conn.batch_execute(&more).is_ok() {}
        }
    }

    /// Drops the table that fills the disk, or the trigger, so that writes succeed again.
    pub fn make_room(&self, conn: &mut PgConnection) {
        let Self { table, object_name, mounted } = self;
        let sql = match mounted {
            Some(_) => format!("DROP TABLE {object_name}"),
            None => format!("DROP TRIGGER {object_name} ON {table}"),
        };
        conn.batch_execute(&sql).unwrap();
    }

    /// Moves the table back to the default tablespace.
    pub fn restore_tablespace(self, conn: &mut PgConnection) {
        let Self { table, object_name, mounted } = &self;
        if mounted.is_some() {
            conn.batch_execute(&format!("ALTER TABLE {table} SET TABLESPACE pg_default")).unwrap();
            conn.batch_execute(&format!("DROP TABLESPACE {object_name}")).unwrap();
        }
    }
}
