//! `--watch`: an answer after each save, a finding where there is one, and the end by Ctrl-C.

use super::{archsim, command, folder};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The lines of a pipe, as they come.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(pipe).lines().map_while(Result::ok);
        lines.for_each(|line| drop(send.send(line)));
    });
    receive
}

fn await_line(lines: &Receiver<String>, wanted: &str) {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(60));
        let line = line.unwrap_or_else(|_| panic!("`{wanted}` was not said in a minute"));
        if line.contains(wanted) {
            return;
        }
    }
}

#[cfg(unix)]
#[test]
fn a_save_is_answered_and_an_error_is_waited_out() {
    let folder = folder();
    let args = ["run", "queue.ron", "--watch", "--horizon", "20s", "--replications", "2"];
    let mut child = command(&folder, &args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("archsim starts");
    let out = lines(child.stdout.take().expect("a pipe"));
    let err = lines(child.stderr.take().expect("a pipe"));
    let path = folder.path().join("queue.ron");
    let good = std::fs::read_to_string(&path).expect("the template is there");
    await_line(&out, "80.0 requests/s");
    await_line(&err, "Waiting for queue.ron");
    std::fs::write(&path, good.replace("services:", "servises:")).expect("it can be saved");
    await_line(&err, "did you mean `services`?");
    await_line(&err, "Waiting for queue.ron");
    std::fs::write(&path, good.replace("80/s", "40/s")).expect("it can be saved");
    await_line(&out, "40");
    await_line(&err, "Waiting for queue.ron");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn what_is_not_saved_is_not_watched() {
    let folder = folder();
    let told = archsim(&folder, &["run", "-", "--watch"]);
    assert!(told.code == 2 && told.err.contains("--watch needs a file"), "{}", told.err);
    let told =
        archsim(&folder, &["sweep", "queue.ron", "--watch", "--dir", "d", "--vary", "a=1,2"]);
    assert!(told.code == 2 && told.err.contains("--dir"), "{}", told.err);
}
