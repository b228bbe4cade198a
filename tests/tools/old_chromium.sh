#!/bin/sh
# The oldest Chromium that Debian serves, unpacked with all its libraries beside the system's own: .tools/old-chromium/chromium.
# It comes from the mirror that this machine is set to, is verified with Debian's keys, and needs no root.
set -eu

RELEASE=bullseye
place=$(cd "$(dirname "$0")/../.." && pwd)/.tools/old-chromium
[ ! -x "$place/chromium" ] || exit 0

keys=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=
if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -e "$keys" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' | sed -n 's/ main$//p' | grep '/debian/*$' | head -n 1)
fi
if [ -z "$mirror" ]; then
  echo 'an old Chromium can be had on Debian only: elsewhere run make test-browser with CHROMIUM set to the path of one' >&2
  exit 1
fi

echo "unpacking the Chromium of Debian's $RELEASE (190 MB; half a minute)"
rm -rf "$place"
mkdir -p "$place/etc/sources.list.d" "$place/etc/apt.conf.d" "$place/etc/preferences.d" "$place/lists/partial" "$place/cache/archives/partial" "$place/root"
: >"$place/status"
echo "deb [signed-by=$keys] $mirror $RELEASE main" >"$place/etc/sources.list"
cat >"$place/apt.conf" <<END
Dir "$place";
Dir::Etc "etc";
Dir::State "$place";
Dir::State::status "$place/status";
Dir::Cache "$place/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
END
export APT_CONFIG="$place/apt.conf"
log=$place/log
if ! { apt-get -qq update && apt-get -qq -y --download-only install chromium; } >"$log" 2>&1; then
  tail -n 3 "$log" >&2
  echo "the Chromium of $RELEASE could not be downloaded" >&2
  exit 1
fi
for package in "$place"/cache/archives/*.deb; do
  case $package in
    # The C library is the system's, as its loader is: a newer one serves older programs.
    */libc6_* | */libc-bin_* | */perl* | */dpkg_* | */systemd_* | *-icon-theme_*) ;;
    *) dpkg-deb -x "$package" "$place/root" ;;
  esac
done
rm -rf "$place/cache" "$place/lists" "$place/etc" "$place/status"
libraries=$(dirname "$(find "$place/root/usr/lib" -name libnspr4.so)")
cat >"$place/run" <<END
#!/bin/sh
root=$place/root lib=$libraries
LD_LIBRARY_PATH=\$lib:\$lib/pulseaudio:\$lib/nss:\$root/lib/\${lib##*/} exec "\$root/usr/lib/chromium/chromium" "\$@"
END
chmod +x "$place/run"
"$place/run" --version
mv "$place/run" "$place/chromium"
