import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kerby.kerberos.kerb.admin.kadmin.Kadmin;
import org.apache.kerby.kerberos.kerb.server.KdcConfigKey;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;

/**
 * The KDC of a secured stack on one machine: the one inside Hadoop's MiniKdc, with keys that stay over a restart.
 *
 * programs.ts runs this file as it is (`java Kdc.java REALM PORT WORK PRINCIPALS KEYTABS TICKET_SECONDS`). PRINCIPALS
 * has a line "keytab principal password" for each; the keys come from the passwords, so a KDC that starts again honours
 * keytabs and tickets of before. Each keytab appears whole, readable by its owner alone.
 */
public final class Kdc {
  public static void main(String[] args) throws Exception {
    String realm = args[0];
    File work = new File(args[2]);
    Path keytabs = Path.of(args[4]);
    long ticketSeconds = Long.parseLong(args[5]);
    Files.createDirectories(work.toPath());
    SimpleKdcServer kdc = new SimpleKdcServer();
    kdc.setWorkDir(work);
    kdc.setKdcHost("127.0.0.1");
    kdc.setKdcRealm(realm);
    kdc.setAllowUdp(false);
    kdc.setAllowTcp(true);
    kdc.setKdcTcpPort(Integer.parseInt(args[1]));
    kdc.getKdcConfig().setLong(KdcConfigKey.MAXIMUM_TICKET_LIFETIME, ticketSeconds);
    kdc.getKdcConfig().setLong(KdcConfigKey.MAXIMUM_RENEWABLE_LIFETIME, 7 * ticketSeconds);
    kdc.init();
    Kadmin kadmin = kdc.getKadmin();
    Map<String, List<String>> byKeytab = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of(args[3]))) {
      String[] words = line.trim().split(" ");
      if (words.length != 3) continue;
      String principal = words[1] + "@" + realm;
      if (words[1].startsWith("krbtgt/")) {
        kadmin.changePassword(principal, words[2]);
        continue;
      }
      kadmin.addPrincipal(principal, words[2]);
      byKeytab.computeIfAbsent(words[0], (name) -> new ArrayList<>()).add(principal);
    }
    for (Map.Entry<String, List<String>> entry : byKeytab.entrySet()) {
      Path whole = keytabs.resolve(entry.getKey() + ".keytab");
      Path part = keytabs.resolve("." + entry.getKey() + ".part");
      Files.deleteIfExists(part);
      for (String principal : entry.getValue()) kadmin.exportKeytab(part.toFile(), principal);
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
      Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    kdc.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
    Thread.currentThread().join();
  }
}
