//! What each code of the checker means.

use crate::diagnostic::Code;

/// Every code of this stage.
pub const CODES: &[Code] = &[
    Code {
        code: "C001",
        title: "include cannot be read",
        explanation: "The file that `include` names is not there or cannot be read. Its path is \
                      relative to the file that the `include` stands in. A policy that is given \
                      as text alone has no folder to look in.",
    },
    Code {
        code: "C002",
        title: "include in a circle",
        explanation: "A file includes itself, directly or through others, so no reader could say \
                      where its names come from. Move what both files need into a third one and \
                      include that.",
    },
    Code {
        code: "C003",
        title: "too many",
        explanation: "A policy has limits, so that no text can exhaust what reads it: files, \
                      roots, marks, sandboxes, and patterns and conditions counted wherever they \
                      are used. Large sets that many sentences use count each time.",
    },
    Code {
        code: "C004",
        title: "unknown layer",
        explanation: "The layers are `managed`, `team`, `user`, `project` and `session`, in the \
                      order of their authority. A file without `layer` is managed.",
    },
    Code {
        code: "C010",
        title: "unknown action",
        explanation: "Sentences speak of the actions that the language knows, or of all of them \
                      with `*`.",
    },
    Code {
        code: "C011",
        title: "unknown set",
        explanation: "Each file declares or includes the sets that it uses: `paths NAME = \
                      \"…\"`, and so for `hosts`, `tools`, `commands` and `strings`. A bare word \
                      is the name of a set, a pattern stands in quotes, and a built-in set of \
                      hosts begins with `@`.",
    },
    Code {
        code: "C012",
        title: "unknown sandbox",
        explanation: "`extends` names a sandbox that this file declares or includes. A block \
                      without sentences declares one: `sandbox NAME { }`.",
    },
    Code {
        code: "C013",
        title: "unknown floor",
        explanation: "`accept` lifts the floors `control_flow`, `assignments` and `wrappers`. \
                      The others stand for what was not understood and are never lifted.",
    },
    Code {
        code: "C014",
        title: "declared twice",
        explanation: "A name means one thing in a file: two sets, or two declarations of a root \
                      or an attribute, cannot have the same. Names from includes count too.",
    },
    Code {
        code: "C015",
        title: "name of the language",
        explanation: "An attribute of this name exists already and is sent for every request \
                      that has it. An attribute that a policy declares needs a name of its own.",
    },
    Code {
        code: "C016",
        title: "declarations that differ",
        explanation: "Several files may declare the same attribute or root, and a runtime sends \
                      one value for all of them. So they must give it the same type, or the same \
                      place.",
    },
    Code {
        code: "C017",
        title: "set or sandbox in a circle",
        explanation: "A set contains itself, or a sandbox extends itself, directly or through \
                      others.",
    },
    Code {
        code: "C018",
        title: "two sentences with one id",
        explanation: "Reports, tests and records name a sentence by its id, so an id names one \
                      sentence in all layers together.",
    },
    Code {
        code: "C019",
        title: "empty list",
        explanation: "`in ()` never holds. Write the values, or leave the condition out.",
    },
    Code {
        code: "C020",
        title: "set of another kind",
        explanation: "A sentence takes patterns of its action's own kind: `read` a set of paths, \
                      `connect` a set of hosts, and so on. The built-in sets are sets of hosts.",
    },
    Code {
        code: "C021",
        title: "no object",
        explanation: "`search`, `login`, `start` and `prompt` have no object. What they are \
                      about stands in attributes, which `when` asks for.",
    },
    Code {
        code: "C022",
        title: "objects of several kinds",
        explanation: "The actions of one sentence take different objects, so a pattern cannot be \
                      meant for all of them. Write one sentence for each, or leave the object \
                      out.",
    },
    Code {
        code: "C023",
        title: "socket misplaced",
        explanation: "`unix \"PATH\"` is a destination of `connect` and `listen`. To read or write the \
                      socket's file is `read` or `write`.",
    },
    Code {
        code: "C024",
        title: "star misplaced",
        explanation: "`*` stands for everything in the objects of a sentence. A set of \
                      everything says nothing.",
    },
    Code {
        code: "C025",
        title: "no port",
        explanation: "Only `connect`, `listen` and `fetch` have ports.",
    },
    Code {
        code: "C030",
        title: "unknown attribute",
        explanation: "Conditions speak of the attributes that the language knows for the action, \
                      of the arguments of a call as `args.NAME`, and of what a policy declares \
                      with `attribute NAME: TYPE`.",
    },
    Code {
        code: "C031",
        title: "attribute of other actions",
        explanation: "Each action has its own attributes, beside those of every request. A \
                      condition that speaks of one holds for no other action, so it stands in \
                      sentences of those actions only; a block's condition is for every sentence \
                      in the block.",
    },
    Code {
        code: "C032",
        title: "test that does not fit",
        explanation: "Each type has its own tests: `<` is for numbers, `like` and `matches` for \
                      strings, `contains` for sets, and only a truth value stands alone.",
    },
    Code {
        code: "C033",
        title: "value of another type",
        explanation: "The value is not of the attribute's type, so they can never be equal. Text \
                      stands in quotes; words without quotes are for attributes with a closed \
                      list.",
    },
    Code {
        code: "C034",
        title: "not in the list",
        explanation: "The attribute has a closed list of words, and this is none of them, so the \
                      condition could never hold.",
    },
    Code {
        code: "C035",
        title: "port in a condition",
        explanation: "The attribute is a host alone. The port is the attribute `port`, or the \
                      clause `port` of the sentence.",
    },
    Code {
        code: "C040",
        title: "default written twice",
        explanation: "A file says each default once. Several files of one layer join theirs: the \
                      strictest counts.",
    },
    Code {
        code: "C042",
        title: "count that counts nothing",
        explanation: "`count` says that a command reads, writes or deletes the files that its \
                      operands name, or that a call does so with the file that an argument \
                      names: `count run \"cp ...\" as read operands but last, write last \
                      operand`, `count call \"files/read_file\" as read args.path`.",
    },
    Code {
        code: "C043",
        title: "mark without a name",
        explanation: "`mark \"secret\" read …` gives a session a mark, and `marked \"secret\"` \
                      asks for it: by its name.",
    },
    Code {
        code: "C050",
        title: "object missing",
        explanation: "A line of a test is one request, so it says what the action is done to.",
    },
    Code {
        code: "C051",
        title: "fact that follows",
        explanation: "Some attributes follow from what a line of a test says is done: the words \
                      of a command from its line, `args_text` from the arguments. They cannot be \
                      given as well, for they could contradict it.",
    },
    Code {
        code: "C052",
        title: "empty test",
        explanation: "A test without a line that expects a decision always passes.",
    },
    Code {
        code: "C053",
        title: "two ports",
        explanation: "A line of a test is one request, to one port. It stands in the object, as in \
                      `\"git.acme.com:22\"`, or behind `port`; two that differ contradict each other.",
    },
    Code {
        code: "C101",
        title: "empty pattern",
        explanation: "An empty string matches nothing that can be asked for. Everything is \
                      written `*`, without quotes.",
    },
    Code {
        code: "C102",
        title: "pattern too large",
        explanation: "Patterns have limits, so that matching stays fast and proofs end: their \
                      length, their steps, how often `**` or `...` stands in them, how many \
                      alternatives they stand for, how deep they nest, and the size of a regex \
                      with its repetitions.",
    },
    Code {
        code: "C103",
        title: "not closed",
        explanation: "A bracket, a quote or a `<` in the pattern has no end. Where the sign \
                      itself is meant, the help says how it is written.",
    },
    Code {
        code: "C104",
        title: "empty alternative",
        explanation: "`(a|)` would be `a` or nothing. Patterns say that with two patterns, which \
                      is easier to read.",
    },
    Code {
        code: "C105",
        title: "regex",
        explanation: "The regex is not one. Look-around and references back do not exist: every \
                      pattern must be a regular language. A regex in `<…>` matches within one \
                      token.",
    },
    Code {
        code: "C106",
        title: "class",
        explanation: "A class is `[a-z]`, `[abc]` or `[!a-z]` and matches one character. `]` \
                      stands first where it is meant, `-` last.",
    },
    Code {
        code: "C110",
        title: "relative path",
        explanation: "A policy is for many folders, so a path says where it starts: `/` for the \
                      file system, `~/` for the home directory, `$workspace/` or another root, \
                      `**/` for anywhere.",
    },
    Code {
        code: "C111",
        title: "backslash",
        explanation: "Paths are written with `/` on every platform. On Windows a request's path \
                      is compared after its `\\` are turned.",
    },
    Code {
        code: "C112",
        title: "component that cannot be",
        explanation: "Requests are compared after `.`, `..`, doubled and trailing `/` are \
                      resolved, so a pattern with one of these would never match.",
    },
    Code {
        code: "C113",
        title: "pattern that leaves its component",
        explanation: "`*`, `[…]`, `{…}` and `<…>` match within one component of a path. `**` \
                      stands alone between two `/` and matches any number of components.",
    },
    Code {
        code: "C114",
        title: "unknown root",
        explanation: "The roots are `workspace`, `home` (also `~`) and `tmp`, and those that the \
                      file declares or includes with `root NAME`.",
    },
    Code {
        code: "C115",
        title: "home of another user",
        explanation: "`~name` depends on the machine. `~/` is the home directory of the session.",
    },
    Code {
        code: "C116",
        title: "drive without a path",
        explanation: "`C:x` starts at the current folder of a drive, which changes. Write \
                      `C:/x`.",
    },
    Code {
        code: "C117",
        title: "root in a root",
        explanation: "`within` says where a root may lie, for proofs: an absolute path pattern.",
    },
    Code {
        code: "C120",
        title: "not a host",
        explanation: "A host pattern is a name, an address or a block, with an optional port. \
                      Scheme, path and user of a URL stand in conditions, a socket stands behind \
                      `unix`.",
    },
    Code {
        code: "C121",
        title: "host name",
        explanation: "A host name has labels of letters, digits and `-` with dots between them. \
                      Names in other scripts are compared in their ASCII form, so beside `*`, \
                      `?` and `<regex>` a label is ASCII. `*.` and `**.` stand in front.",
    },
    Code {
        code: "C122",
        title: "address",
        explanation: "What ends in a number is an address to every reader, so it must be one, \
                      written as usual. Requests may spell it as they like.",
    },
    Code {
        code: "C123",
        title: "star in an address",
        explanation: "`*` stands for labels of names, and names match no address. Addresses that \
                      belong together are a block, as in `10.0.0.0/8`.",
    },
    Code {
        code: "C124",
        title: "block of addresses",
        explanation: "A block is an address with zeros behind its length, as in `10.0.0.0/8`.",
    },
    Code {
        code: "C125",
        title: "port of a pattern",
        explanation: "A port is a number up to 65535, or a range with the lower one first.",
    },
    Code {
        code: "C130",
        title: "operator in a command",
        explanation: "A command pattern is one command. Each command of a shell line, and the \
                      target of each redirection, is judged by itself.",
    },
    Code {
        code: "C131",
        title: "expansion in a command",
        explanation: "What a shell replaces when the command runs is not known before, so a \
                      pattern cannot name it. `*` and `...` take such words. The text itself is \
                      written in quotes.",
    },
    Code {
        code: "C132",
        title: "bracket in a command",
        explanation: "`(a|b c)` stands for whole words, with blanks around it. Brackets as text \
                      stand in quotes.",
    },
    Code {
        code: "C133",
        title: "flags",
        explanation: "`{--force|-f}` asks that one of the flags stands there, `{no --output}` \
                      that none does, `{no -*}` that no flag at all does. They stand behind the \
                      program, outside of `(…)`, without values.",
    },
    Code {
        code: "C134",
        title: "star as a command",
        explanation: "A pattern matches the whole command, so `\"*\"` is a command of one word: \
                      hardly what is meant. Every command is `*` without quotes.",
    },
    Code {
        code: "C140",
        title: "not a tool",
        explanation: "A tool is named by its server and its own name, `server/tool`, with `*` \
                      and `?` in each.",
    },
    Code {
        code: "C141",
        title: "not a package",
        explanation: "What is installed is named by its kind and its name, `kind/name`, with `*` \
                      and `?` in each.",
    },
    Code {
        code: "C142",
        title: "unknown kind",
        explanation: "The kinds of what is installed are `plugin`, `skill`, `mcp` and `hook`.",
    },
];
