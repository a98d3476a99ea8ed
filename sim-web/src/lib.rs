//! archsim in the browser.
