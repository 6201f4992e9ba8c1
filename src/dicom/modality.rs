//! Modalities (0008,0060).

/// Whether the text is a defined term for the modality (PS3.3 C.7.3.1.1.1, retired terms included). Only such a text may
/// stand in index, status and logs: the attribute is a free code string, and people write other things into it.
pub fn is_defined(text: &str) -> bool {
    const TERMS: &[&str] = &[
        "ANN",
        "AR",
        "ASMT",
        "AU",
        "BDUS",
        "BI",
        "BMD",
        "CFM",
        "CR",
        "CT",
        "CTPROTOCOL",
        "DG",
        "DMS",
        "DOC",
        "DX",
        "ECG",
        "EEG",
        "EMG",
        "EOG",
        "EPS",
        "ES",
        "FID",
        "GM",
        "HC",
        "HD",
        "IO",
        "IOL",
        "IVOCT",
        "IVUS",
        "KER",
        "KO",
        "LEN",
        "LS",
        "M3D",
        "MG",
        "MR",
        "NM",
        "OAM",
        "OCT",
        "OP",
        "OPM",
        "OPT",
        "OPTBSV",
        "OPTENF",
        "OPV",
        "OSS",
        "OT",
        "PA",
        "PLAN",
        "POS",
        "PR",
        "PT",
        "PX",
        "REG",
        "RESP",
        "RF",
        "RG",
        "RTDOSE",
        "RTIMAGE",
        "RTINTENT",
        "RTPLAN",
        "RTRAD",
        "RTRECORD",
        "RTSEGANN",
        "RTSTRUCT",
        "RWV",
        "SEG",
        "SM",
        "SMR",
        "SR",
        "SRF",
        "STAIN",
        "TEXTUREMAP",
        "TG",
        "US",
        "VA",
        "XA",
        "XAPROTOCOL",
        "XC",
    ];
    TERMS.binary_search(&text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_defined;

    #[test]
    fn names_are_not_modalities() {
        assert!(is_defined("CT") && is_defined("XC") && is_defined("ANN"));
        assert!(!is_defined("YAMADA") && !is_defined(""));
    }
}
