//! The Regions of AWS, for hints.

use crate::nearest::distance_within;

/// All Regions, sorted: the endpoint data of AWS's SDK for Python (`botocore` 1.44.8), looked up on 2026-11-30.
const REGIONS: [&str; 48] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "sa-west-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Whether a text is the code of a Region. There may be newer ones.
///
/// ```
/// use scproof_catalog::{is_region, nearest_regions};
///
/// assert!(is_region("eu-west-1") && !is_region("eu-west1"));
/// assert_eq!(nearest_regions("eu-west1"), ["eu-west-1"]);
/// assert!(nearest_regions("frankfurt").is_empty());
/// ```
pub fn is_region(text: &str) -> bool {
    REGIONS.binary_search(&text).is_ok()
}

/// The Regions whose codes are nearest to a text, if some are near; one that is spelt in other letters alone is that
/// one.
pub fn nearest_regions(text: &str) -> Vec<&'static str> {
    let folded = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    let near: Vec<(usize, &'static str)> =
        REGIONS.iter().filter_map(|region| Some((distance_within(&folded, region)?, *region))).collect();
    let Some(least) = near.iter().map(|(distance, _)| *distance).min() else { return Vec::new() };
    near.into_iter().filter(|(distance, _)| *distance == least).map(|(_, region)| region).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_each_is_found() {
        assert!(REGIONS.is_sorted() && REGIONS.iter().all(|region| is_region(region)));
        assert_eq!(nearest_regions("EU_WEST_1"), ["eu-west-1"]);
        assert_eq!(nearest_regions("us-east1"), ["us-east-1"]);
    }
}
