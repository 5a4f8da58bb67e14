//! Creates the data folder with initdb.

use std::fs;
use std::process::Output;

use super::StartError;
use super::child::command;
use super::folder::{Folder, make_private, remove};
use super::programs::Programs;
use super::run_as::RunAs;

/// Creates the data folder under a temporary name and renames it when it is complete, so that an
/// interrupted initdb never leaves half a database.
pub(super) fn create(
    folder: &Folder,
    programs: &Programs,
    run_as: Option<&RunAs>,
    durable: bool,
) -> Result<(), StartError> {
    let unfinished = folder.unfinished();
    make_private(&unfinished, run_as).map_err(StartError::io("criar", &unfinished))?;
    let initdb = |locale: &str| {
        let mut initdb = command(&programs.initdb(), run_as);
        initdb.arg("-D").arg(&unfinished).arg(format!("--locale={locale}"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "-k", "--no-instructions"]);
        if !durable {
            initdb.arg("--no-sync");
        }
        initdb.output().map_err(StartError::io("executar", &programs.initdb()))
    };
    let complaint = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();

    let mut output = initdb("C.UTF-8")?;
    // Not every system has C.UTF-8. Both locales order by code point.
    if !output.status.success() && complaint(&output).contains("invalid locale") {
        output = initdb("C")?;
    }
    if !output.status.success() {
        remove(&unfinished)?;
        let output = complaint(&output);
        return Err(StartError::Initdb { folder: folder.path().into(), output });
    }
    let data = folder.data();
    fs::rename(&unfinished, &data).map_err(StartError::io("criar", &data))?;
    // Commits are durable only if the name of their folder is.
    folder.sync().map_err(StartError::io("gravar", folder.path()))
}
