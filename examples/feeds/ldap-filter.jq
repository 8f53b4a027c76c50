# From a line of choose.jq, the LDAP filter that finds the account by its best identifier, or nothing.
#
#   jq -r --arg username uid --arg email mail -f ldap-filter.jq
#
# RFC 4515: what is typed into a log must stay a value, or `*)(uid=*` would find everybody.

def hex: [(. / 16 | floor), . % 16] | map("0123456789abcdef"[.:. + 1]) | add;
def value: [explode[] | if . == 0 or . == 40 or . == 41 or . == 42 or . == 92 then "\\" + hex else [.] | implode end] | add // "";

if .email then "(\($email)=\(.email | value))" elif .username then "(\($username)=\(.username | value))" else empty end
