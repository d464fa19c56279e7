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
  nightlatch knock home --json";

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

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  nightlatch status
  nightlatch status --json";
