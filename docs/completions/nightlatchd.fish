# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_nightlatchd_global_optspecs
    string join \n config= knockd-config= check dry-run read= carry-out json h/help V/version
end

function __fish_nightlatchd_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_nightlatchd_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_nightlatchd_using_subcommand
    set -l cmd (__fish_nightlatchd_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l config -d 'The configuration file' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l knockd-config -d 'knockd\'s configuration file in the place of our own; its commands run beside the grants' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l read -d 'Judge the packets of a recording (pcap; `-` is standard input) by its own clock; opens nothing without --carry-out' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l check -d 'Only read the configuration, say what is wrong with it, and end'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l dry-run -d 'Hear and judge knocks, but only tell what the firewall would be told'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l carry-out -d 'Open on this host what a recording opens, from now on for its whole time; no daemon may run here. Used counters and lines are not asked about: the same recording opens again each time'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -l json -d 'What a recording comes to as JSON, one object a line'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -s V -l version -d 'Print version'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "gate" -d 'Look at the gate, or take it away'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "sources" -d 'Try every source of knocks: which of them work on this host, and why others do not'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "log-ruleset" -d 'Print the ruleset that has the firewall log what sequences need, or send what is needed to an NFLOG group'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "import" -d 'Translate a configuration of knockd\'s into ours, with a comment on each line that changed'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "notify" -d 'Try a notification, or make the secret of one'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "listener" -d 'The half that reads the network; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "runner" -d 'The half that runs the commands of actions; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "clerk" -d 'The process that keeps the journal; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "herald" -d 'The half that tells others what happens; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "hand" -d 'Becomes a command and its user; started by the runner itself'
complete -c nightlatchd -n "__fish_nightlatchd_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and not __fish_seen_subcommand_from down show help" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and not __fish_seen_subcommand_from down show help" -f -a "down" -d 'Take the gate away: every guarded port is as open as the rest of the firewall leaves it'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and not __fish_seen_subcommand_from down show help" -f -a "show" -d 'Print the gate of a configuration as nftables text, without touching anything'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and not __fish_seen_subcommand_from down show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: /etc/nightlatch/nightlatchd.toml]' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from show" -l knockd-config -d 'knockd\'s configuration file in the place of our own' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from help" -f -a "down" -d 'Take the gate away: every guarded port is as open as the rest of the firewall leaves it'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the gate of a configuration as nftables text, without touching anything'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand gate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand sources" -l config -d 'The configuration file [default: /etc/nightlatch/nightlatchd.toml]' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand sources" -l knockd-config -d 'knockd\'s configuration file in the place of our own' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand sources" -l json -d 'As one JSON list, for programs'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand sources" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand log-ruleset" -l config -d 'The configuration file [default: /etc/nightlatch/nightlatchd.toml]' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand log-ruleset" -l knockd-config -d 'knockd\'s configuration file in the place of our own' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand log-ruleset" -l iptables -d 'As a script for iptables and ip6tables instead of nft\'s text'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand log-ruleset" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand import" -s o -l output -d 'Where to write the configuration; nothing that exists is written over. Without it: standard output' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand import" -l keep-commands -d 'Run the firewall commands beside the grants, for a host whose own firewall drops the ports'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand import" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and not __fish_seen_subcommand_from test secret help" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and not __fish_seen_subcommand_from test secret help" -f -a "test" -d 'Send one that says so to a receiver, and tell what it answers. The daemon need not run'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and not __fish_seen_subcommand_from test secret help" -f -a "secret" -d 'Print a new secret that signs webhooks'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and not __fish_seen_subcommand_from test secret help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [default: /etc/nightlatch/nightlatchd.toml]' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from test" -l knockd-config -d 'knockd\'s configuration file in the place of our own' -r -F
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from secret" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send one that says so to a receiver, and tell what it answers. The daemon need not run'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "secret" -d 'Print a new secret that signs webhooks'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand listener" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand runner" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand clerk" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand herald" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand hand" -s h -l help -d 'Print help'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "gate" -d 'Look at the gate, or take it away'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "sources" -d 'Try every source of knocks: which of them work on this host, and why others do not'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "log-ruleset" -d 'Print the ruleset that has the firewall log what sequences need, or send what is needed to an NFLOG group'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "import" -d 'Translate a configuration of knockd\'s into ours, with a comment on each line that changed'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "notify" -d 'Try a notification, or make the secret of one'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "listener" -d 'The half that reads the network; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "runner" -d 'The half that runs the commands of actions; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "clerk" -d 'The process that keeps the journal; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "herald" -d 'The half that tells others what happens; started by the daemon itself'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "hand" -d 'Becomes a command and its user; started by the runner itself'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and not __fish_seen_subcommand_from gate sources log-ruleset import notify listener runner clerk herald hand help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and __fish_seen_subcommand_from gate" -f -a "down" -d 'Take the gate away: every guarded port is as open as the rest of the firewall leaves it'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and __fish_seen_subcommand_from gate" -f -a "show" -d 'Print the gate of a configuration as nftables text, without touching anything'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and __fish_seen_subcommand_from notify" -f -a "test" -d 'Send one that says so to a receiver, and tell what it answers. The daemon need not run'
complete -c nightlatchd -n "__fish_nightlatchd_using_subcommand help; and __fish_seen_subcommand_from notify" -f -a "secret" -d 'Print a new secret that signs webhooks'
