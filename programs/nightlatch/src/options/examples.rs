//! The examples below each help text.

pub(super) const EXAMPLES: &str = "\
Examples:
  nightlatch keygen                 make a key; give the public key to the administrator
  nightlatch knock home             open the usual service of the server \"home\"
  nightlatch ssh alice@home         knock, then ssh
  nightlatch status                 on the server: who is in, and for how long";

pub(super) const EXAMPLES_AND_EXITS: &str = "\
Examples:
  nightlatch keygen                 make a key; give the public key to the administrator
  nightlatch knock home             open the usual service of the server \"home\"
  nightlatch ssh alice@home         knock, then ssh
  nightlatch status                 on the server: who is in, and for how long

Exit codes:
  0   done                          70  a mistake of ours
  64  the command line is wrong     71  the operating system refused
  65  a file's content is wrong     77  the server refused, or a file may not be read
  66  a file is missing             78  the configuration is wrong
  69  no answer, or not possible now";

pub(super) const KEYGEN_EXAMPLES: &str = "\
Examples:
  nightlatch keygen                        in ~/.config/nightlatch/identity.key
  nightlatch keygen -o work.key --passphrase
  nightlatch keygen --preshared -o home.psk";

pub(super) const KNOCK_EXAMPLES: &str = "\
Examples:
  nightlatch knock home                    the usual service, as long as the server gives
  nightlatch knock home web --for 10m
  nightlatch knock home --json
  nightlatch knock home --method encrypted-sequence
  nightlatch knock --sequence 7000,8000:udp,9000 home.example.org
  nightlatch knock --secret ssh.secret home.example.org

With --sequence or --secret any host can be named, and nothing answers: every port is touched once,
in its order, 50 ms apart, so that no packet overtakes the one before it.";

pub(super) const TELL_EXAMPLES: &str = "\
A text whose answer is lost on the way is sent again: it may arrive twice.

Examples:
  nightlatch tell home \"wake the build machine\"
  uptime | nightlatch tell home -";

pub(super) const SEQUENCE_EXAMPLES: &str = "\
Examples:
  nightlatch sequence new -o ssh.secret
  nightlatch sequence show --secret ssh.secret --host home.example.org
  nightlatch sequence lines -n 20 -o ssh.lines";

pub(super) const SHOW_EXAMPLES: &str = "\
A server takes the set before and the set after as well, and each set once.

Examples:
  nightlatch sequence show --secret ssh.secret --host home.example.org
  nightlatch sequence show --secret ssh.secret --every 1h --times 48";

pub(super) const NEW_EXAMPLES: &str = "\
Whoever has the secret knows the ports of any time: the server gets the same file, and nobody else.

Example:
  nightlatch sequence new -o ssh.secret";

pub(super) const LINES_EXAMPLES: &str = "\
The server gets the file, the person the list: each line opens once, in their order.

Examples:
  nightlatch sequence lines -n 20 -o ssh.lines
  nightlatch sequence lines --steps 5 --span 30000-39999 --protocol udp
  nightlatch sequence lines --host home.example.org     for somebody with nc

A line goes behind `nightlatch knock HOST --sequence`, in quotes, and behind knockd's `knock HOST`
as it is.";

pub(super) const CONNECT_EXAMPLES: &str = "\
In ~/.ssh/config, so that plain ssh knocks by itself:
  Host home.example.org
    ProxyCommand nightlatch connect %h %p";

pub(super) const SSH_EXAMPLES: &str = "\
Examples:
  nightlatch ssh home
  nightlatch ssh alice@home.example.org -p 2222 uptime";

pub(super) const DEMO_EXAMPLES: &str = "\
It needs nightlatchd beside nightlatch, and leaves nothing behind. It ends with 0 when every line
of the story held, with 1 when one did not.

Examples:
  nightlatch demo
  nightlatch demo --json";

pub(super) const JOURNAL_EXAMPLES: &str = "\
The daemon that runs is asked; where none runs, the journal is read from its state folder. Times are UTC.

Examples:
  nightlatch journal -n 20
  nightlatch journal --since 2h --client alice
  nightlatch journal --event refused --event banned --address 192.0.2.0/24
  nightlatch journal --follow --json
  nightlatch journal --state /var/lib/nightlatch";

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  nightlatch status
  nightlatch status --json";
