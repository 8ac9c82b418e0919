# SPDX-License-Identifier: MIT
# From the runtime's version script the symbols file of its package, for
# dpkg-gensymbols, which fails the build if the library exports anything else.
# A node GROQ_1.1 is as old as version 1.1 of the package.
# usage: awk -f symbols.awk -v soname=libgroq.so.1 -v package=libgroq1 libgroq.map
BEGIN {
    print soname, package, "#MINVER#"
    print "* Build-Depends-Package: libgroq-dev"
}
/^GROQ_[0-9.]+ \{/ {
    node = $1
    since = substr(node, length("GROQ_") + 1)
    print " " node "@" node, since
}
/^\tgroq_[a-z0-9_]+;/ {
    print " " substr($1, 1, length($1) - 1) "@" node, since
}
