# One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `unsubscribe_headers` into your sender.

require "openssl"

# The fields of a mail to an address, whose link leaves a scope such as `list:own:weekly`.
def unsubscribe_headers(host, key_id, key, scope, address, now = Time.now.to_i)
  encode = ->(bytes) { [bytes].pack("m0").tr("+/", "-_").delete("=") }
  payload = ["1", key_id, now, scope, address].join("\n")
  token = "#{encode.(payload)}.#{encode.(OpenSSL::HMAC.digest("SHA256", key, payload))}"
  {
    "List-Unsubscribe" => "<https://#{host}/u/#{token}>",
    "List-Unsubscribe-Post" => "List-Unsubscribe=One-Click",
  }
end

unsubscribe_headers(*ARGV).each { |name, value| puts "#{name}: #{value}" } if $PROGRAM_NAME == __FILE__
