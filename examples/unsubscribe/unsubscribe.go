// One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `headers` into your sender.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
)

// headers returns the fields of a mail to an address, whose link leaves a scope such as `list:own:weekly`. The time is in
// Unix seconds: time.Now().Unix().
func headers(host, keyID, key, scope, address string, now int64) (string, string) {
	payload := fmt.Sprintf("1\n%s\n%d\n%s\n%s", keyID, now, scope, address)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(payload))
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(payload)) + "." + encode(mac.Sum(nil))
	return "<https://" + host + "/u/" + token + ">", "List-Unsubscribe=One-Click"
}

func main() {
	now, err := strconv.ParseInt(os.Args[6], 10, 64)
	if err != nil {
		panic(err)
	}
	link, post := headers(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], now)
	fmt.Printf("List-Unsubscribe: %s\nList-Unsubscribe-Post: %s\n", link, post)
}
