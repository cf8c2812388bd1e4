//! A plugin's memory is new for every cart and thrown away after it: nothing is ever given back, so allocating is adding.
//! Half of a small plugin's instructions were its allocator's.

use core::arch::wasm32::{memory_grow, memory_size};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;

const PAGE: usize = 64 << 10;

struct Bump {
    /// The first free byte, and the end of what the memory has. Both zero before the first allocation.
    next: Cell<usize>,
    end: Cell<usize>,
}

#[global_allocator]
static MEMORY: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

#[allow(unsafe_code, reason = "a plugin runs in one thread")]
unsafe impl Sync for Bump {}

#[allow(unsafe_code, reason = "the linker's mark: its address counts, nothing is there")]
unsafe extern "C" {
    /// Where static data ends.
    static __heap_base: u8;
}

impl Bump {
    /// `size` bytes somewhere behind everything that was allocated.
    fn more(&self, size: usize, align: usize) -> Option<usize> {
        if self.end.get() == 0 {
            self.next.set(&raw const __heap_base as usize);
            self.end.set(memory_size::<0>() * PAGE);
        }
        let start = self.next.get().checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        if let Some(missing) = end.checked_sub(self.end.get()).filter(|missing| *missing > 0) {
            let pages = missing.div_ceil(PAGE);
            // Nobody else grows it: what is added follows what was there.
            if memory_grow::<0>(pages) == usize::MAX {
                return None;
            }
            self.end.set(self.end.get() + pages * PAGE);
        }
        self.next.set(end);
        Some(start)
    }
}

#[allow(unsafe_code, reason = "an allocator is unsafe by its trait")]
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.more(layout.size(), layout.align()).map_or(null_mut(), |start| start as *mut u8)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    /// The last one grows where it is: a text that is written piece by piece.
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = old as usize;
        if size <= layout.size() {
            return old;
        }
        if start + layout.size() == self.next.get() {
            return if self.more(size - layout.size(), 1).is_some() { old } else { null_mut() };
        }
        let Some(new) = self.more(size, layout.align()) else { return null_mut() };
        // SAFETY: the new place is behind everything, so the two do not overlap, and it is larger than the old one.
        unsafe { std::ptr::copy_nonoverlapping(old, new as *mut u8, layout.size()) };
        new as *mut u8
    }
}
