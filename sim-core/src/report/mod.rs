//! Text views of what a study found out.
