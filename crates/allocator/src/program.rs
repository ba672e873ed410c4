//! The pages of the program itself, which stay in memory once they have been run.

/// Gives back to the system what has been run of the program and its libraries until now. What is run again comes from the system's
/// cache of the files; nothing is read from a disk that was not read already.
pub(crate) fn forget() {
    let Ok(mappings) = std::fs::read_to_string("/proc/self/maps") else { return };
    for (start, length) in mappings.lines().filter_map(code_of_file) {
        // SAFETY: a private mapping of a file that nobody may write to holds what the file does, and is read from it again.
        unsafe {
            libc::madvise(std::ptr::with_exposed_provenance_mut(start), length, libc::MADV_DONTNEED);
        }
    }
}

/// Where a mapping begins and how long it is, if it is code of a file (`proc_pid_maps(5)`).
fn code_of_file(mapping: &str) -> Option<(usize, usize)> {
    let mut fields = mapping.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (permissions, file) = (fields.next()?, fields.nth(3)?);
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    (permissions == "r-xp" && file.starts_with('/')).then_some((start, end.checked_sub(start)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_that_cannot_be_written_and_comes_from_a_file_is_given_back() {
        let code = "55fe3b05e000-55fe3c53c000 r-xp 006ce000 fe:00 9986901                    /usr/bin/castellan";
        assert_eq!(code_of_file(code), Some((0x55fe_3b05_e000, 0x14d_e000)));
        for other in [
            "55fe3a98f000-55fe3b05e000 r--p 00000000 fe:00 9986901                    /usr/bin/castellan",
            "7f9024fef000-7f9025006000 rwxp 00003000 fe:00 326414                     /usr/lib/libgcc_s.so.1",
            "7ffeb5676000-7ffeb5678000 r-xp 00000000 00:00 0                          [vdso]",
            "7f9024fef000-7f9025006000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert_eq!(code_of_file(other), None, "{other}");
        }
    }

    #[test]
    fn the_program_goes_on_with_less_memory() {
        let of_files = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
            line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
        };
        let before = of_files();
        forget();
        let after = of_files();
        assert!(after < before, "{before} kB, then {after}");
    }
}
