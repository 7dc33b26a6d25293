//! The files that a patch names, in the form that begins with `*** Begin Patch`.

use policy_eval::Action;

use super::payload::PayloadError;

/// What a patch does to files: the action, and the path as it stands there.
///
/// Those who apply patches are lenient with blanks and case around their marks, so this is too: a
/// line that somebody might take for a mark counts as one.
///
/// # Errors
/// When it has a mark that is not known, or names no file.
pub(crate) fn files(text: &str) -> Result<Vec<(Action, &str)>, PayloadError> {
    let mut files: Vec<(Action, &str)> = Vec::new();
    for line in text.lines() {
        let Some(mark) = line.trim().strip_prefix("***") else { continue };
        let Some((name, path)) = mark.split_once(':') else { continue };
        let path = path.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "environment id" => {}
            "add file" | "update file" | "move to" | "delete file" if path.is_empty() => {
                return Err(PayloadError::Patch("names no file"));
            }
            "add file" | "update file" => files.push((Action::Write, path)),
            "delete file" => files.push((Action::Delete, path)),
            "move to" => {
                // The file that is moved is gone.
                let moved = files.last().map(|(_, from)| (Action::Delete, *from));
                files.extend(moved);
                files.push((Action::Write, path));
            }
            // Text of the file, where a mark cannot stand.
            _ if !line.starts_with("***") => {}
            _ => return Err(PayloadError::Patch("has a mark that is not known")),
        }
    }
    if files.is_empty() {
        return Err(PayloadError::Patch("names no file"));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_a_patch_is_found() {
        let text = "*** Begin Patch\n*** Update File: src/lib.rs\n@@\n-old\n+new\n \
                    *** ADD file:  ../out.rs \n+x\n+*** Delete File: quoted.rs\n\
                    *** Delete File: gone.rs\n*** Update File: a\n*** Move to: b\n\
                    *** End of File\n*** End Patch\n";
        let found: Vec<String> = files(text)
            .unwrap()
            .into_iter()
            .map(|(action, path)| format!("{action} {path}"))
            .collect();
        assert_eq!(
            found,
            [
                "write src/lib.rs",
                "write ../out.rs",
                "delete gone.rs",
                "write a",
                "delete a",
                "write b"
            ]
        );
    }

    #[test]
    fn a_patch_that_is_not_understood_is_an_error() {
        for text in [
            "",
            "*** Begin Patch\n*** End Patch",
            "*** Begin Patch\n*** Copy File: a\n",
            "*** Add File: \n",
        ] {
            assert!(files(text).is_err(), "{text}");
        }
    }
}
