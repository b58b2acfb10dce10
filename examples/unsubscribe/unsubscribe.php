<?php
// One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `unsubscribe_headers` into your sender.

/** The fields of a mail to an address, whose link leaves a scope such as `list:own:weekly`. */
function unsubscribe_headers($host, $keyId, $key, $scope, $address, $now = null) {
    $encode = fn($bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $payload = implode("\n", ['1', $keyId, $now ?? time(), $scope, $address]);
    $token = $encode($payload) . '.' . $encode(hash_hmac('sha256', $payload, $key, true));
    return [
        'List-Unsubscribe' => "<https://$host/u/$token>",
        'List-Unsubscribe-Post' => 'List-Unsubscribe=One-Click',
    ];
}

if (realpath($argv[0] ?? '') === __FILE__) {
    foreach (unsubscribe_headers(...array_slice($argv, 1)) as $name => $value) {
        echo "$name: $value\n";
    }
}
