//! A report is whole, stands by itself and holds no markup of the model.
