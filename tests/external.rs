//! The proving ground in a short form: the gateway between real peers, by the scripts beside this file.
//!
//! Each script can be run by itself in its full length; see its first lines. A test whose peers are not installed says
//! `skipped` and passes, unless `TOKUMEI_REQUIRE_PEERS` is set.

mod support;

use std::process::Command;

use support::{SKIPPED, corpus, required, script};

/// Runs a script to its end; true if it did its work, false if it could not.
fn holds(command: &mut Command) -> bool {
    let Ok(out) = command.output() else {
        assert!(!required(), "python3 cannot be run");
        eprintln!("skipped: python3 cannot be run");
        return false;
    };
    let said = String::from_utf8_lossy(&out.stdout);
    print!("{said}");
    if out.status.code() == Some(SKIPPED) {
        assert!(!required(), "skipped, but every peer is required:\n{said}");
        return false;
    }
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{:?}: {}\n{said}{complaint}", command, out.status);
    true
}

fn tokumei(command: &mut Command) -> &mut Command {
    command.args(["--tokumei", env!("CARGO_BIN_EXE_tokumei")])
}

#[test]
fn the_corpus_goes_through_as_dcmtk_sends_it() {
    if let Some(corpus) = corpus() {
        holds(tokumei(script("corpus.py").arg(corpus).args(["--every", "9"])));
    }
}

#[test]
fn the_corpus_goes_through_byte_by_byte_broken_files_too() {
    if let Some(corpus) = corpus() {
        holds(tokumei(script("corpus.py").arg(corpus).args(["--every", "5", "--sender", "raw"])));
    }
}

#[test]
fn ordinary_images_are_not_kept_back() {
    if let Some(corpus) = corpus() {
        holds(tokumei(script("kept_back.py").arg(corpus)));
    }
}

#[test]
fn real_peers_send_and_receive() {
    holds(tokumei(&mut script("peers.py")));
}

#[test]
fn reports_are_of_use_behind_the_gateway() {
    holds(tokumei(&mut script("reports.py")));
}

#[test]
fn memory_does_not_grow_with_an_object() {
    holds(tokumei(script("big_object.py").args(["--mib", "192"])));
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    holds(tokumei(script("kill.py").args(["--rounds", "4"])));
}

#[test]
fn the_verifier_finds_what_is_planted() {
    holds(&mut script("test_verify_output.py"));
}

#[test]
fn the_leak_harness_sees_every_plant_where_nothing_takes_it_out() {
    holds(script("leaks.py").args(["--direct", "--plants", "3000", "--seed", "1"]));
}

#[test]
fn the_score_tells_good_outputs_from_bad() {
    holds(&mut script("test_midi.py"));
}

#[test]
fn a_made_up_benchmark_is_scored() {
    holds(tokumei(script("midi.py").args(["run", "--patients", "16"])));
}

#[test]
fn nothing_planted_in_text_leaves() {
    let short = ["--text", "--plants", "600", "--variant", "shipped", "--seed", "31"];
    holds(tokumei(script("leaks.py").args(short)));
}
