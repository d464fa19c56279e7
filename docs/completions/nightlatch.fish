# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_nightlatch_global_optspecs
    string join \n h/help V/version
end

function __fish_nightlatch_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_nightlatch_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_nightlatch_using_subcommand
    set -l cmd (__fish_nightlatch_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c nightlatch -n "__fish_nightlatch_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -s V -l version -d 'Print version'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "keygen" -d 'Make a secret key and print its public key'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "public" -d 'Print the public key of a secret key file'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "knock" -d 'Knock: ask a server to open a service for this address'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "close" -d 'Ask a server to close again what a knock opened'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "connect" -d 'Knock, then connect standard input and output to a port: for ssh\'s `ProxyCommand`'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "ssh" -d 'Knock, then run ssh'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "tell" -d 'Tell a server something: its log, or a command that its administrator chose'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "sequence" -d 'Sequences of ports: show those of the moment, make secrets and lists'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "status" -d 'Show what the daemon on this computer is doing'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "journal" -d 'Show what happened: grants, refusals, bans, restarts, reloads'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "demo" -d 'Tell the whole story with real packets, in a network of its own; no root needed'
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand keygen" -s o -l output -d 'Where to write the secret; an existing file is never overwritten' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand keygen" -l passphrase-file -d 'Lock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand keygen" -l passphrase -d 'Ask for a passphrase and lock the key with it'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand keygen" -l preshared -d 'Make a pre-shared secret, which the server and one client both hold, instead of a key'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand keygen" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand public" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand public" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l for -d 'How long it shall stay open, as 30s, 2m or 1h30m; the server may give less' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l address -d 'Claim to come from this address instead of finding out which one the server sees' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l sequence -d 'Touch these ports of a host instead of knocking with a key: 7000,8000:udp,9000' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l ports -d 'How many ports a set has, 3 to 8, as the server has it [default: 4]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l span -d 'Where they lie, as the server has it [default: 20000-29999]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l every -d 'How long a set is good, as the server has it [default: 30s]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l protocol -d 'tcp or udp, as the server has it [default: tcp]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s d -l pause -d 'Wait so long between two touches [default: 50ms; 2ms in an encrypted sequence]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l secret -d 'Take the ports that follow from the time and the secret in this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l method -d 'ticket or encrypted-sequence, when not as the configuration has it' -r -f -a "ticket\t'One sealed datagram, which the server answers'
encrypted-sequence\t'Touches of closed ports, which nobody answers'"
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l close -d 'Close again instead of opening'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l no-ack -d 'Send and go: the server is one that never answers'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l json -d 'Print the outcome as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l address -d 'Claim to come from this address instead of finding out which one the server sees' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l method -d 'ticket or encrypted-sequence, when not as the configuration has it' -r -f -a "ticket\t'One sealed datagram, which the server answers'
encrypted-sequence\t'Touches of closed ports, which nobody answers'"
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l no-ack -d 'Send and go: the server is one that never answers'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l json -d 'Print the outcome as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l service -d 'The service to knock for, when it is not the server\'s usual one' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l method -d 'ticket or encrypted-sequence, when not as the configuration has it' -r -f -a "ticket\t'One sealed datagram, which the server answers'
encrypted-sequence\t'Touches of closed ports, which nobody answers'"
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l service -d 'The service to knock for, when it is not the server\'s usual one' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l method -d 'ticket or encrypted-sequence, when not as the configuration has it' -r -f -a "ticket\t'One sealed datagram, which the server answers'
encrypted-sequence\t'Touches of closed ports, which nobody answers'"
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l address -d 'Claim to come from this address instead of finding out which one the server sees' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l method -d 'ticket or encrypted-sequence, when not as the configuration has it' -r -f -a "ticket\t'One sealed datagram, which the server answers'
encrypted-sequence\t'Touches of closed ports, which nobody answers'"
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l no-ack -d 'Send and go: the server is one that never answers'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -l json -d 'Print the outcome as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand tell" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and not __fish_seen_subcommand_from show new lines help" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and not __fish_seen_subcommand_from show new lines help" -f -a "show" -d 'Show the ports to touch now, for somebody who has nothing but nc'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and not __fish_seen_subcommand_from show new lines help" -f -a "new" -d 'Make the secret of a sequence that changes with the time'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and not __fish_seen_subcommand_from show new lines help" -f -a "lines" -d 'Make a list of sequences that are used once each'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and not __fish_seen_subcommand_from show new lines help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l ports -d 'How many ports a set has, 3 to 8, as the server has it [default: 4]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l span -d 'Where they lie, as the server has it [default: 20000-29999]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l every -d 'How long a set is good, as the server has it [default: 30s]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l protocol -d 'tcp or udp, as the server has it [default: tcp]' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l host -d 'The host that stands in the lines to paste' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l times -d 'Print this many sets with their times, this one and the next: for paper' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l secret -d 'Take the ports that follow from the time and the secret in this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -l json -d 'Print the sets as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from new" -s o -l output -d 'Where to write the secret; an existing file is never overwritten' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -s n -l number -d 'How many sequences, at most 10000' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -l steps -d 'How many ports each has, 3 to 32' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -l span -d 'Where the ports lie' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -l protocol -d 'tcp or udp' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -l host -d 'Above each sequence, as a comment, the line that touches its ports of this host with nc' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -s o -l output -d 'Write them to this file instead; an existing file is never overwritten' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from lines" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the ports to touch now, for somebody who has nothing but nc'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from help" -f -a "new" -d 'Make the secret of a sequence that changes with the time'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from help" -f -a "lines" -d 'Make a list of sequences that are used once each'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand sequence; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -l socket -d 'The daemon\'s status socket' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -l json -d 'Print the daemon\'s own JSON document'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l since -d 'Only what happened since then: 2h, 7d, 2026-11-27 or "2026-11-27 10:15" in UTC' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l until -d 'Only what happened until then' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l client -d 'Only what this client did, or whoever walked the sequence of this name' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l service -d 'Only what is about this service' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l address -d 'Only what came from this address or network' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l event -d 'Only events of this kind, such as granted, refused or banned; may be said several times' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -s n -l lines -d 'Only the last so many of them; with --follow ten, unless --since says from when on' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l socket -d 'The daemon\'s status socket; the journal\'s is beside it' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l state -d 'Read the journal in this state folder, whose daemon does not run' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -s f -l follow -d 'Go on with what happens from now on'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -l json -d 'Print one JSON object a line'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand journal" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand demo" -l json -d 'Print each line as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand demo" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "keygen" -d 'Make a secret key and print its public key'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "public" -d 'Print the public key of a secret key file'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "knock" -d 'Knock: ask a server to open a service for this address'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "close" -d 'Ask a server to close again what a knock opened'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "connect" -d 'Knock, then connect standard input and output to a port: for ssh\'s `ProxyCommand`'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "ssh" -d 'Knock, then run ssh'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "tell" -d 'Tell a server something: its log, or a command that its administrator chose'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "sequence" -d 'Sequences of ports: show those of the moment, make secrets and lists'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "status" -d 'Show what the daemon on this computer is doing'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "journal" -d 'Show what happened: grants, refusals, bans, restarts, reloads'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "demo" -d 'Tell the whole story with real packets, in a network of its own; no root needed'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh tell sequence status journal demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and __fish_seen_subcommand_from sequence" -f -a "show" -d 'Show the ports to touch now, for somebody who has nothing but nc'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and __fish_seen_subcommand_from sequence" -f -a "new" -d 'Make the secret of a sequence that changes with the time'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and __fish_seen_subcommand_from sequence" -f -a "lines" -d 'Make a list of sequences that are used once each'
