//! Real peers: dcmtk's tools, where they are installed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::peer::{Server, settings};

/// dcmtk's program, not pynetdicom's of the same name.
pub fn dcmtk(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&paths).map(|dir| dir.join(program)).find(|path| {
        path.is_file()
            && Command::new(path)
                .arg("--version")
                .output()
                .is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("dcmtk"))
    });
    if found.is_none() {
        eprintln!("skipped: dcmtk's {program} is not installed");
    }
    found
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A small CT object as a Part 10 file, made by hand; the data set's bytes.
pub fn part10(path: &Path, instance: &str, pixels: usize) -> Vec<u8> {
    use dicom_core::{PrimitiveValue, VR, dicom_value};
    use dicom_dictionary_std::tags;
    use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
    let text = |value: &str| PrimitiveValue::from(value);
    let mut object = InMemDicomObject::new_empty();
    for (tag, vr, value) in [
        (tags::SOP_CLASS_UID, VR::UI, text(crate::peer::CT)),
        (tags::SOP_INSTANCE_UID, VR::UI, text(instance)),
        (tags::PATIENT_NAME, VR::PN, text("Yamada^Tarou")),
        (tags::PATIENT_ID, VR::LO, text("ZZ-0000123")),
        (tags::ROWS, VR::US, dicom_value!(U16, [16])),
        (tags::PIXEL_DATA, VR::OW, PrimitiveValue::U8(vec![5; pixels].into())),
    ] {
        object.put(dicom_core::DataElement::new(tag, vr, value));
    }
    let mut data = Vec::new();
    let syntax = dicom_transfer_syntax_registry::entries::EXPLICIT_VR_LITTLE_ENDIAN.erased();
    object.write_dataset_with_ts(&mut data, &syntax).unwrap();
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(crate::peer::CT)
        .media_storage_sop_instance_uid(instance)
        .transfer_syntax(crate::peer::EXPLICIT);
    object.with_meta(meta).unwrap().write_to_file(path).unwrap();
    data
}

#[test]
fn echoscu_and_storescu_are_served() {
    let (Some(echoscu), Some(storescu)) = (dcmtk("echoscu"), dcmtk("storescu")) else { return };
    let server = Server::start(settings());
    let port = server.address.port().to_string();
    run(Command::new(echoscu).args(["-aec", "TOKUMEI", "127.0.0.1", &port]));
    let folder = tempfile::tempdir().unwrap();
    let mut sent = Vec::new();
    for i in 0..20 {
        let path = folder.path().join(format!("{i}.dcm"));
        sent.push(part10(&path, &format!("1.2.3.{i}"), 300_000));
    }
    run(Command::new(storescu)
        .args(["+sd", "-aec", "TOKUMEI", "127.0.0.1", &port])
        .arg(folder.path()));
    let mut complete = server.seen.complete.lock().unwrap();
    complete.sort_by_key(|(uid, _, _)| uid.rsplit('.').next().unwrap().parse::<u32>().unwrap());
    assert_eq!(complete.len(), 20);
    // dcmtk may write the data set anew, but its pixels are what was in the file.
    for ((_, _, got), sent) in complete.iter().zip(&sent) {
        assert!(got.ends_with(&sent[sent.len() - 300_000..]));
    }
}
