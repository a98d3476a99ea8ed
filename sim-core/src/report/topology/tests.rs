//! Graphs are whole and laid out so that nobody is asked from behind.
