//! Archived months of the trail: their format, the checks on them, and how they leave the database.

mod format;
mod months;
mod trail;
