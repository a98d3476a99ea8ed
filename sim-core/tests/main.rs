//! What is wrong with a model is said well, whatever it is; and what runs keeps the laws that need no oracle.

mod broken;
mod relations;
mod robust;
