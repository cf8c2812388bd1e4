//! When segments become one. An edit appends a segment of one document and marks one deleted in another; without an end to
//! that every search would look a word up in hundreds of dictionaries, and read the postings of what is gone.
//!
//! There are never more than three segments: the **base**, the largest; **middle**, what has gathered beside it; and
//! **recent**, at most 256 documents, which is written anew with every edit. Recent goes into middle when it is full, so
//! a document of it is written again at most 256 times in tens of kilobytes and then once every 256 edits. All become one
//! when a quarter is outside the base or deleted: then the base is worth sending to every isolate again.

/// Documents of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) living: u32,
    pub(super) deleted: u32,
}

/// What is written anew with every edit.
const MAX_RECENT: u32 = 256;
/// Above this share of documents outside the base or deleted, all become one segment.
const MAX_SCATTERED_PERCENT: u64 = 25;

/// Places of the segments that are to become one; none or two and more, or one that holds too much that is deleted.
pub(super) fn together(sizes: &[Size]) -> Vec<usize> {
    let Some(base) = (0..sizes.len()).max_by_key(|at| sizes[*at].living) else { return Vec::new() };
    let total: u64 = sizes.iter().map(|size| u64::from(size.living)).sum();
    let deleted: u64 = sizes.iter().map(|size| u64::from(size.deleted)).sum();
    let outside = total - u64::from(sizes[base].living);
    if (outside + deleted) * 100 > total * MAX_SCATTERED_PERCENT {
        return (0..sizes.len()).collect();
    }
    let (recent, middle): (Vec<usize>, Vec<usize>) =
        (0..sizes.len()).filter(|at| *at != base).partition(|at| sizes[*at].living <= MAX_RECENT);
    let full = recent.iter().map(|at| sizes[*at].living).sum::<u32>() > MAX_RECENT;
    let together = if full || middle.len() > 1 { [recent, middle].concat() } else { recent };
    if together.len() > 1 { together } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(living: u32, deleted: u32) -> Size {
        Size { living, deleted }
    }

    #[test]
    fn what_is_small_becomes_one_and_the_base_is_left_alone() {
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![size(20_000, 0)], vec![]),
            (vec![size(20_000, 1), size(1, 0)], vec![]),
            (vec![size(1, 0), size(20_000, 2), size(1, 0)], vec![0, 2]),
            (vec![size(20_000, 0), size(1_000, 0), size(255, 0)], vec![]),
            (vec![size(20_000, 0), size(1_000, 0), size(255, 0), size(1, 0)], vec![2, 3]),
            (vec![size(20_000, 0), size(1_000, 0), size(256, 0), size(1, 0)], vec![2, 3, 1]),
            (vec![size(20_000, 0), size(1_000, 0), size(900, 0)], vec![1, 2]),
            (vec![size(15_000, 0), size(5_001, 0)], vec![0, 1]),
            (vec![size(20_000, 5_001)], vec![0]),
            (vec![size(0, 3)], vec![0]),
        ] {
            assert_eq!(together(&sizes), expected, "{sizes:?}");
        }
    }

    #[test]
    fn a_thousand_edits_one_by_one_leave_three_segments_and_few_documents_are_written_twice() {
        let mut segments = vec![size(20_000, 0)];
        let mut written = 0;
        for edit in 0..1_000 {
            // Each another product of the base.
            segments[0] = size(20_000 - 1 - edit, 1 + edit);
            segments.push(size(1, 0));
            let merged = together(&segments);
            if !merged.is_empty() {
                let living = merged.iter().map(|at| segments[*at].living).sum();
                written += living;
                let mut at = 0;
                segments.retain(|_| {
                    at += 1;
                    !merged.contains(&(at - 1))
                });
                segments.push(size(living, 0));
            }
            assert!(segments.len() <= 3, "{segments:?}");
            assert_eq!(segments.iter().map(|size| size.living).sum::<u32>(), 20_000);
        }
        assert!(written < 150_000, "{written}");
    }
}
