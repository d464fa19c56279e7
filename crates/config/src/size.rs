//! How much: "512KiB", "64MiB", "2GiB", as people write it.

/// Reads a size such as `64MiB`, in bytes.
pub(crate) fn read_size(text: &str) -> Result<u64, SizeError> {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = end
        .and_then(|end| text.split_at_checked(end))
        .unwrap_or((text, ""));
    if number.is_empty() {
        return Err(SizeError::NotASize);
    }
    let unit = match unit {
        "KiB" => 1_u64 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return Err(SizeError::NoUnit),
        _ => return Err(SizeError::NotASize),
    };
    // Twenty digits do not fit: that is too much, not unreadable.
    Ok(number
        .parse::<u64>()
        .unwrap_or(u64::MAX)
        .saturating_mul(unit))
}

/// Why a size was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SizeError {
    /// A number alone.
    #[error("a number without a unit\n  write 512KiB, 64MiB or 2GiB")]
    NoUnit,
    /// Not a number with a unit.
    #[error("not a size\n  write 512KiB, 64MiB or 2GiB")]
    NotASize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_with_units() {
        for (text, size) in [
            ("512KiB", Ok(512 << 10)),
            ("64MiB", Ok(64 << 20)),
            ("2GiB", Ok(2 << 30)),
            ("99999999999999999999GiB", Ok(u64::MAX)),
            ("64", Err(SizeError::NoUnit)),
            ("", Err(SizeError::NotASize)),
            ("MiB", Err(SizeError::NotASize)),
            ("64 MiB", Err(SizeError::NotASize)),
            ("64MB", Err(SizeError::NotASize)),
            ("-1MiB", Err(SizeError::NotASize)),
        ] {
            assert_eq!(read_size(text), size, "{text}");
        }
    }
}
