//! Statistics of simulation output: numbers in, numbers out.

mod bytes;
mod histogram;
mod interval;
mod levels;
mod student;
mod trend;
mod warmup;

pub use bytes::Bytes;
pub use histogram::{Bucket, Histogram};
pub use interval::{Estimate, Pairs, Welford};
pub use levels::Levels;
pub use student::{student_t_cdf, student_t_quantile};
pub use trend::{growth, slope};
pub use warmup::{average_series, mser5};
