//! A log that cannot be edited: every manipulation of a line before a checkpoint is found, and where.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::at;
use trusthandoff::crypto::SecretKey;
use trusthandoff::event::{Kind, Stamp, event};
use trusthandoff::json;
use trusthandoff::log::{Checkpoint, Fault, LongLine, Opening, Report, Unsealed, UnverifiedCheckpoint, Verifier, Writer, leaf_hash};
use trusthandoff::statement::Issuer;

const LINES: usize = 1000;

fn keeper() -> SecretKey {
    SecretKey::from_seed(&[77; 32])
}

fn told(n: usize) -> json::Value {
    let stamp = Stamp { id: format!("e-{n}"), at: at(n as i64), producer: "agent:researcher".into() };
    event(Kind::ToolUsed, stamp, vec![("packet_id", format!("pk-{}", n % 7).as_str().into()), ("action", "read".into())])
}

fn checkpoint(writer: &Writer, secret: &SecretKey) -> Checkpoint {
    let issuer = Issuer { agent_id: "agent:researcher".into(), public_key: secret.public_key(), now: at(5000), entropy: [1; 16] };
    writer.seal(at(5000), "agent:researcher").draft(&issuer).and_then(|draft| draft.sign(secret)).expect("signed")
}

/// A thousand lines, the checkpoint that was kept elsewhere, and two lines written since.
fn genuine() -> (Vec<String>, Checkpoint) {
    let mut writer = Writer::new("log-1");
    let mut lines: Vec<String> = (0..LINES).map(|n| writer.append(&told(n))).collect();
    let kept = checkpoint(&writer, &keeper());
    lines.push(writer.append(&told(LINES)));
    lines.push(writer.append(&told(LINES + 1)));
    (lines, kept)
}

fn verified(lines: &[String], kept: Option<&Checkpoint>) -> Report {
    let mut verifier = Verifier::new(&[keeper().public_key()], kept);
    lines.iter().for_each(|line| verifier.push(line.as_bytes()));
    verifier.finish(&[])
}

#[test]
fn a_genuine_log_is_whole_and_says_what_is_not_sealed_yet() {
    let (lines, kept) = genuine();
    let report = verified(&lines, Some(&kept));
    assert_eq!((report.breaks.clone(), report.lines, report.sealed, report.unsealed()), (vec![], 1002, 1000, 2));
    assert_eq!(report.log_id.as_deref(), Some("log-1"));
    // The checkpoint survives the file it is kept in.
    let text = kept.to_text();
    let read = UnverifiedCheckpoint::parse(text.as_bytes(), &trusthandoff::crypto::KeyTables::new(0)).unwrap();
    assert_eq!(read.verify(&mut trusthandoff::crypto::KeyTables::new(0)), Ok(kept));
}

#[test]
fn every_manipulation_of_a_single_line_is_found_where_it_is() {
    let (lines, kept) = genuine();
    type Manipulation = fn(&mut Vec<String>, usize);
    let manipulations: [(&str, Manipulation); 6] = [
        ("edited", |lines, i| lines[i] = lines[i].replace("\"read\"", "\"wipe\"")),
        ("respaced", |lines, i| lines[i] = lines[i].replacen(": ", ":  ", 1)),
        ("deleted", |lines, i| drop(lines.remove(i))),
        ("inserted", |lines, i| lines.insert(i, lines[i].replace("\"read\"", "\"wipe\""))),
        ("moved", |lines, i| lines.swap(i, (i + 1) % LINES)),
        ("replaced", |lines, i| lines[i] = "{}".into()),
    ];
    for (name, manipulate) in manipulations {
        for i in 0..LINES {
            let mut changed = lines.clone();
            manipulate(&mut changed, i);
            // The break shows right behind the change; the whole log is read for some of them and for the end.
            let is_whole = i % 50 == 0 || i + 3 > LINES;
            let report = if is_whole { verified(&changed, Some(&kept)) } else { verified(&changed[..i + 3], None) };
            let (first, line) = (report.breaks.first().unwrap_or_else(|| panic!("{name} {i}")), i as u64 + 1);
            let near = if name == "moved" && i == LINES - 1 { 1 } else { line };
            assert!(first.from <= near + 1 && near <= first.to, "{name} at {line}: {first:?}");
            assert!(first.to - first.from <= 1, "{name} at {line}: {first:?}");
        }
    }
}

#[test]
fn a_checkpoint_that_was_kept_before_the_first_line_accuses_nobody() {
    let kept = checkpoint(&Writer::new("log-1"), &keeper());
    let mut writer = Writer::new("log-1");
    let lines: Vec<String> = (0..3).map(|n| writer.append(&told(n))).collect();
    for lines in [&lines[..], &[]] {
        let report = verified(lines, Some(&kept));
        assert!(report.is_whole(), "{:?}", report.breaks);
        assert_eq!((report.log_id.as_deref(), report.sealed, report.unsealed()), (Some("log-1"), 0, report.lines));
    }
}

#[test]
fn a_log_that_was_cut_or_written_anew_does_not_fit_what_was_kept() {
    let (lines, kept) = genuine();
    for length in [0, 1, 500, 999] {
        let report = verified(&lines[..length], Some(&kept));
        let last = report.breaks.last().expect("found");
        assert_eq!((last.from, last.to, last.fault.as_str()), (length as u64 + 1, 1000, "log_shorter"));
        assert_eq!(report.sealed, 0);
    }
    // Every hash made anew, so that the chain holds.
    let mut writer = Writer::new("log-1");
    let rewritten: Vec<String> = (0..LINES + 2).map(|n| writer.append(&told(if n == 400 { 9 } else { n }))).collect();
    let report = verified(&rewritten, Some(&kept));
    let faults: Vec<&str> = report.breaks.iter().map(|found| found.fault.as_str()).collect();
    assert_eq!((faults, report.sealed), (vec!["last_line_altered", "root_mismatch"], 0));
}

#[test]
fn checkpoints_inside_the_log_narrow_down_where_it_was_written_anew() {
    let mut writer = Writer::new("log-1");
    let mut lines = Vec::new();
    for n in 0..100 {
        lines.push(writer.append(&told(n)));
        if n % 10 == 9 {
            let made = checkpoint(&writer, &keeper());
            lines.push(writer.append_checkpoint(&made).expect("of this state"));
        }
    }
    let report = verified(&lines, None);
    assert_eq!((report.breaks.clone(), report.sealed, report.checkpoints), (vec![], 110, 10));
    // The signature holds over the fields of the event too.
    let forged: Vec<String> = lines.iter().map(|line| line.replace("2026-03-08T13:23:20", "2026-03-08T13:23:21")).collect();
    assert!(verified(&forged, None).breaks.iter().any(|found| matches!(found.fault, Fault::CheckpointInvalid(_))));

    // Whoever writes anew cannot sign: the first checkpoint behind the change does not fit.
    let mut writer = Writer::new("log-1");
    let anew: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let mut value = json::parse(line.as_bytes()).expect("JSON");
            if line.contains("log_checkpoint") {
                writer.take_in(line.as_bytes());
                return line.clone();
            }
            if i == 37 {
                value = told(99);
            }
            writer.append(&value)
        })
        .collect();
    let report = verified(&anew, None);
    let mismatch = report.breaks.iter().find(|found| found.fault == Fault::CheckpointMismatch).expect("found");
    assert_eq!((mismatch.from, mismatch.to), (34, 44));
    assert_eq!(report.sealed, 33);

    let stranger = Verifier::new(&[SecretKey::from_seed(&[78; 32]).public_key()], None);
    let report = lines.iter().fold(stranger, |mut verifier, line| {
        verifier.push(line.as_bytes());
        verifier
    });
    let report = report.finish(&[]);
    assert_eq!((report.sealed, report.breaks.len()), (0, 10));
    assert!(report.breaks.iter().all(|found| found.fault == Fault::CheckpointUntrusted));
}

#[test]
fn a_line_that_was_not_finished_is_no_tampering_and_the_log_goes_on() {
    let mut writer = Writer::new("log-1");
    let mut lines: Vec<String> = (0..5).map(|n| writer.append(&told(n))).collect();
    let half = &writer.clone().append(&told(5))[..40];
    let mut verifier = Verifier::new(&[], None);
    lines.iter().for_each(|line| verifier.push(line.as_bytes()));
    let report = verifier.finish(half.as_bytes());
    assert_eq!((report.is_whole(), report.lines, report.tail), (true, 5, 40));

    // Opened again: what stands is taken in, the rest is cut off and told of.
    let mut again = Writer::new("log-1");
    lines.iter().for_each(|line| again.take_in(line.as_bytes()));
    assert_eq!(again, writer);
    let stamp = Stamp { id: "e-r".into(), at: at(9), producer: "agent:researcher".into() };
    let recovery = again.append_recovery(half.as_bytes(), stamp);
    assert!(recovery.contains("\"log_recovered\"") && recovery.contains("\"cut_bytes\": 40"));
    lines.push(recovery);
    lines.push(again.append(&told(5)));
    assert!(verified(&lines, None).is_whole());
}

#[test]
fn a_checkpoint_of_another_state_is_not_appended() {
    let mut writer = Writer::new("log-1");
    writer.append(&told(0));
    let early = checkpoint(&writer, &keeper());
    writer.append(&told(1));
    assert_eq!(writer.append_checkpoint(&early), None);
    assert_eq!(writer.size(), 2);
}

#[test]
fn what_is_no_chained_log_is_told_line_by_line_and_within_bounds() {
    let lines: Vec<String> = (0..1500).map(|n| if n % 2 == 0 { "{\"event_type\": \"x\"}".into() } else { "nonsense".into() }).collect();
    let report = verified(&lines, None);
    assert_eq!((report.lines, report.breaks.len(), report.more_breaks), (1500, 1000, 500));
    assert_eq!(report.breaks[0].to_string(), "line 1 carries no hash of the line before");
    assert_eq!(report.breaks[1].to_string(), "line 2 is no JSON object");
}

#[test]
fn a_log_that_goes_on_with_another_names_it_as_it_ended_and_none_between_can_be_left_out_or_cut() {
    let stamp = |n: i64| Stamp { id: format!("e-{n}"), at: at(n), producer: "agent:researcher".into() };
    let mut logs: Vec<Vec<String>> = Vec::new();
    let mut before: Option<Writer> = None;
    for part in 0..3 {
        let mut writer = Writer::new(&format!("log-1/{part}"));
        let link = before.as_ref().map(|before| writer.append_link(&before.link(), stamp(part)).expect("its first line"));
        let events: Vec<String> = (0..5).map(|n| writer.append(&told(n))).collect();
        assert_eq!(writer.append_link(&writer.clone().link(), stamp(9)), None);
        logs.push(link.into_iter().chain(events).collect());
        before = Some(writer);
    }
    let read = |lines: &[String], before: Option<&Report>| {
        let verifier = Verifier::new(&[], None);
        let mut verifier = if let Some(before) = before { verifier.after(before.lines, before.root) } else { verifier };
        lines.iter().for_each(|line| verifier.push(line.as_bytes()));
        verifier.finish(&[])
    };
    let [first, second, third] =
        [0, 1, 2].map(|part: usize| read(&logs[part], part.checked_sub(1).map(|part| read(&logs[part], None)).as_ref()));
    assert!([&first, &second, &third].iter().all(|report| report.is_whole()));
    let link = second.continues.clone().expect("a link");
    assert_eq!((link.log_id.as_str(), link.size, link.root, &first.continues), ("log-1/0", 5, first.root, &None));

    let cut = read(&logs[0][..4], None);
    let altered = read(&[&logs[0][..4], &[logs[0][4].replace("e-4", "e-5")]].concat(), None);
    for (lines, before) in [(&logs[2], &first), (&logs[1], &cut), (&logs[1], &altered), (&logs[0], &first)] {
        let report = read(lines, Some(before));
        let faults: Vec<&str> = report.breaks.iter().map(|found| found.fault.as_str()).collect();
        assert_eq!(faults, ["not_continued"], "{lines:?}");
    }
    // Read as one they are one, and what was kept of the last or the first of them fits.
    let all = logs.concat();
    let [of_first, of_last] = [0, 2].map(|part: usize| {
        let mut writer = Writer::new(&format!("log-1/{part}"));
        logs[part].iter().for_each(|line| writer.take_in(line.as_bytes()));
        checkpoint(&writer, &keeper())
    });
    let kept = |lines: &[String], kept: &Checkpoint| {
        let mut verifier = Verifier::new(&[], Some(kept));
        lines.iter().for_each(|line| verifier.push(line.as_bytes()));
        verifier.finish(&[])
    };
    let faults = |report: Report| report.breaks.iter().map(|found| (found.fault.as_str(), found.from, found.to)).collect::<Vec<_>>();
    assert_eq!((faults(read(&all, None)), read(&all, None).lines), (vec![], 17));
    for (sealed, held) in [(5, &of_first), (17, &of_last)] {
        assert_eq!((faults(kept(&all, held)), kept(&all, held).sealed), (vec![], sealed));
    }
    assert_eq!(faults(kept(&all[..15], &of_last)), [("log_shorter", 16, 17)]);
    assert_eq!(faults(read(&[&logs[0][..], &logs[2]].concat(), None)), [("not_continued", 6, 6)]);
    let spoilt = [&[all[0].clone(), all[1].replace("e-1", "e-9")], &all[2..]].concat();
    assert_eq!(faults(read(&spoilt, None)), [("chain_broken", 2, 3), ("not_continued", 6, 6)]);

    // A log that has no line yet may still go on, and one that goes on with an empty one is none of these.
    let none = read(&[], Some(&first));
    assert!(none.is_whole() && !read(&logs[1], Some(&none)).is_whole());
    // What was put before a log that goes on with something else is sealed by nothing in it.
    let made_up: Vec<String> = (0..50).scan(Writer::new("log-1/1"), |writer, n| Some(writer.append(&told(n)))).collect();
    let mut last = Writer::new("log-1/2");
    logs[2].iter().for_each(|line| last.take_in(line.as_bytes()));
    let seal = last.append_checkpoint(&of_last).expect("of this state");
    let report = verified(&[&made_up[..], &logs[2], core::slice::from_ref(&seal)].concat(), None);
    assert_eq!((report.sealed, faults(report)), (0, vec![("not_continued", 51, 51)]));
    assert_eq!(verified(&[&all[..], &[seal]].concat(), None).sealed, 18);

    // Only its first line says what a log goes on with.
    let mut writer = Writer::new("log-2");
    let late = [writer.append(&told(0)), writer.append(&json::parse(logs[1][0].as_bytes()).expect("JSON"))];
    assert_eq!(read(&late, None).continues, None);
    assert!(!read(&late, Some(&first)).is_whole());
}

fn signed(writer: &Writer, secret: &SecretKey) -> Checkpoint {
    let key = secret.public_key();
    let issuer = Issuer { agent_id: "agent:researcher".into(), public_key: key, now: at(5000), entropy: [1; 16] };
    writer.seal_with(at(5000), "agent:researcher", &key).draft(&issuer).and_then(|draft| draft.sign(secret)).expect("signed")
}

fn opened(lines: &[String], own: &[&SecretKey], kept: Option<Option<&str>>) -> Writer {
    let mut opening = Opening::of(Writer::new("log-1"));
    opening.own(own.iter().map(|secret| secret.public_key()).collect());
    if let Some(text) = kept {
        opening.expect(text.map(str::as_bytes));
    }
    lines.iter().for_each(|line| opening.push(line.as_bytes()));
    assert!(lines.is_empty() || opening.is_log());
    opening.finish()
}

fn found(from: u64, to: u64, reason: &str) -> Option<Unsealed> {
    Some(Unsealed { from, to, reason: reason.into() })
}

#[test]
fn whoever_opens_a_log_states_what_no_checkpoint_of_its_own_covers_and_seals_none_of_it() {
    let (own, other) = (keeper(), SecretKey::from_seed(&[78; 32]));
    let mut writer = Writer::new("log-1");
    let mut lines: Vec<String> = (0..4).map(|n| writer.append(&told(n))).collect();
    let kept = signed(&writer, &own);
    lines.push(writer.append_checkpoint(&kept).expect("of this state"));
    assert_eq!(writer.unsealed(&own.public_key()), None);
    let text = kept.to_text();
    let open = |lines: &[String], kept| opened(lines, &[&own], kept).unsealed(&own.public_key());
    assert_eq!(open(&lines, Some(Some(&text))), None);
    assert_eq!(open(&lines, None), None);
    assert_eq!(open(&[], Some(None)), None);
    assert_eq!(open(&lines, Some(None)), found(6, 5, "checkpoint_missing"));
    assert_eq!(open(&lines, Some(Some("{"))), found(6, 5, "checkpoint_unreadable"));
    assert_eq!(open(&[], Some(Some(&text))), found(1, 0, "log_shorter"));
    assert_eq!(open(&lines[..3], Some(Some(&text))), found(1, 3, "log_shorter"));
    let forged = [&lines[..1], &[lines[1].replace("read", "wipe")], &lines[2..]].concat();
    assert_eq!(open(&forged, Some(Some(&text))), found(1, 5, "root_mismatch"));
    assert_eq!(open(&forged, None), found(1, 5, "checkpoint_mismatch"));
    assert_eq!(opened(&lines, &[], Some(Some(&text))).unsealed(&own.public_key()), found(6, 5, "checkpoint_of_another_key"));
    assert_eq!(opened(&lines, &[], None).unsealed(&other.public_key()), found(1, 5, "not_sealed"));
    assert_eq!(opened(&lines, &[&own], None).unsealed(&other.public_key()), None);

    // Stated once, in a line of its own, it is sealed by no checkpoint that follows.
    lines.push(writer.append(&told(4)));
    let mut again = opened(&lines, &[&own], Some(Some(&text)));
    assert_eq!(again.unsealed(&own.public_key()), found(6, 6, "not_sealed"));
    assert_eq!(again.append_checkpoint(&checkpoint(&again, &own)), None, "not without saying so");
    for n in 5..7 {
        let seal = signed(&again, &own);
        lines.push(again.append_checkpoint(&seal).expect("of this state"));
        lines.push(again.append(&told(n)));
    }
    let report = verified(&lines, None);
    assert_eq!((report.breaks.clone(), report.lines, report.sealed, report.unsealed()), (vec![], 10, 8, 2));
    assert_eq!(report.found.iter().map(|found| (found.at, found.unsealed.from, found.unsealed.to)).collect::<Vec<_>>(), [(7, 6, 6)]);
}

#[test]
fn a_line_is_clipped_where_it_would_be_too_long_and_hashed_where_it_is() {
    let mut writer = Writer::new("log-1");
    let long = "\u{1f600}".repeat(5 << 20);
    let event = json::Value::Object(vec![
        ("event_type".into(), "x".into()),
        ("text".into(), long.as_str().into()),
        ("prev".into(), "forged".into()),
    ]);
    let line = writer.append(&event);
    assert!(
        line.len() < 100_000
            && line.contains("\"clipped\": {\"text\": {\"bytes\": ")
            && line.ends_with(&format!("\"prev\": \"{}\"}}", "0".repeat(64)))
    );
    let many = (0..400_000).map(|n| (format!("member-{n:020}"), "x".repeat(40).as_str().into())).collect();
    let line = writer.append(&json::Value::Object(many));
    assert!(line.len() < 1000 && line.contains("\"*\": {\"bytes\": "), "{}", line.len());

    let bytes = line.as_bytes();
    let mut pieces = LongLine::default();
    bytes.chunks(7).for_each(|piece| pieces.push(piece));
    let (leaf, hash, prev) = pieces.finish();
    assert_eq!((leaf, hash), (leaf_hash(bytes), trusthandoff::crypto::sha256(&[bytes])));
    assert!(line.ends_with(&format!("\"{}\"}}", trusthandoff::encoding::hex(&prev.expect("chained")))));
}
