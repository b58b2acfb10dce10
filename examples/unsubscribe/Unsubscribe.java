// One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `headers` into your sender.

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Unsubscribe {
    /**
     * The fields of a mail to an address, whose link leaves a scope such as {@code list:own:weekly}. The time is in Unix
     * seconds: {@code Instant.now().getEpochSecond()}.
     */
    static Map<String, String> headers(String host, String keyId, String key, String scope, String address, long now)
            throws GeneralSecurityException {
        byte[] payload = String.join("\n", "1", keyId, Long.toString(now), scope, address).getBytes(StandardCharsets.UTF_8);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String token = encoder.encodeToString(payload) + "." + encoder.encodeToString(mac.doFinal(payload));
        return new TreeMap<>(Map.of(
            "List-Unsubscribe", "<https://" + host + "/u/" + token + ">",
            "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }

    public static void main(String[] args) throws GeneralSecurityException {
        headers(args[0], args[1], args[2], args[3], args[4], Long.parseLong(args[5]))
            .forEach((name, value) -> System.out.println(name + ": " + value));
    }
}
