//! Who repairs what is broken: some at once, the others in the order in which they broke.

use std::collections::VecDeque;

/// Repair crews. What is repaired goes by number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crews {
    /// How many are free; `None`: there are as many as it takes.
    free: Option<u32>,
    waiting: VecDeque<u32>,
}

impl Crews {
    /// So many, all free.
    pub fn new(crews: Option<u32>) -> Crews {
        Crews { free: crews, waiting: VecDeque::new() }
    }

    /// Something has broken. Returns whether its repair begins now; otherwise it waits.
    pub fn call(&mut self, broken: u32) -> bool {
        match &mut self.free {
            None => true,
            Some(0) => {
                self.waiting.push_back(broken);
                false
            }
            Some(free) => {
                *free -= 1;
                true
            }
        }
    }

    /// A repair is over. Returns what its crew turns to.
    pub fn leave(&mut self) -> Option<u32> {
        let free = self.free.as_mut()?;
        let next = self.waiting.pop_front();
        *free += u32::from(next.is_none());
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_broke_first_is_repaired_first() {
        let mut crews = Crews::new(Some(2));
        assert_eq!([7, 3, 9, 1].map(|broken| crews.call(broken)), [true, true, false, false]);
        assert_eq!([crews.leave(), crews.leave(), crews.leave()], [Some(9), Some(1), None]);
        assert!(crews.call(5));
        assert!(!crews.call(6), "one is free, and the other repairs number 1");
    }

    #[test]
    fn as_many_as_it_takes_never_keep_anyone_waiting() {
        let mut crews = Crews::new(None);
        assert!((0..100).all(|broken| crews.call(broken)));
        assert_eq!(crews.leave(), None);
    }
}
