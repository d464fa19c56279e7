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
complete -c nightlatch -n "__fish_nightlatch_needs_command" -f -a "status" -d 'Show what the daemon on this computer is doing'
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
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l address -d 'Open for this address instead of finding out which one the server sees' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l close -d 'Close again instead of opening'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l no-ack -d 'Send and go: the server is one that never answers'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -l json -d 'Print the outcome as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand knock" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l address -d 'Open for this address instead of finding out which one the server sees' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l no-ack -d 'Send and go: the server is one that never answers'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -l json -d 'Print the outcome as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand close" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l service -d 'The service to knock for, when it is not the server\'s usual one' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand connect" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l service -d 'The service to knock for, when it is not the server\'s usual one' -r
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l config -d 'The configuration [default: ~/.config/nightlatch/config.toml]' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -l passphrase-file -d 'Unlock the key with the passphrase that is the first line of this file' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s v -l verbose -d 'Tell on standard error each packet that is sent and each answer that comes'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand ssh" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -l socket -d 'The daemon\'s status socket' -r -F
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -l json -d 'Print the daemon\'s own JSON document'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand status" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand demo" -l json -d 'Print each line as one JSON object'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand demo" -s h -l help -d 'Print help'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "keygen" -d 'Make a secret key and print its public key'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "public" -d 'Print the public key of a secret key file'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "knock" -d 'Knock: ask a server to open a service for this address'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "close" -d 'Ask a server to close again what a knock opened'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "connect" -d 'Knock, then connect standard input and output to a port: for ssh\'s `ProxyCommand`'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "ssh" -d 'Knock, then run ssh'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "status" -d 'Show what the daemon on this computer is doing'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "demo" -d 'Tell the whole story with real packets, in a network of its own; no root needed'
complete -c nightlatch -n "__fish_nightlatch_using_subcommand help; and not __fish_seen_subcommand_from keygen public knock close connect ssh status demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
