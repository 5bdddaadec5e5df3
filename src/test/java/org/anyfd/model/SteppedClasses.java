package org.anyfd.model;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Loads the classes of {@code poll} and {@code channel} once more, from the same class files, with three kinds of
 * instructions handed to the {@link Explorer}: access to an instance field that is not final, a method of a
 * {@link VarHandle}, and a call of {@code Sys}. So what is explored is the code that ships, and no copy of it.
 */
final class SteppedClasses extends ClassLoader {
    private static final String EXPLORER = Type.getInternalName(Explorer.class);
    private static final String VAR_HANDLE = Type.getInternalName(VarHandle.class);
    private static final String SYS = "org/anyfd/sys/Sys";
    private static final String BOOTSTRAP_TYPE = "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;"
        + "Ljava/lang/invoke/MethodType;Ljava/lang/String;)Ljava/lang/invoke/CallSite;";

    SteppedClasses() {
        super(SteppedClasses.class.getClassLoader());
        setDefaultAssertionStatus(true);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("org.anyfd.poll.") && !name.startsWith("org.anyfd.channel.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            ClassWriter out = new ClassWriter(0);
            new ClassReader(in).accept(new Stepped(out), 0);
            byte[] bytes = out.toByteArray();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private final class Stepped extends ClassVisitor {
        Stepped(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String signature, String[] exceptions) {
            return new SteppedMethod(name, super.visitMethod(access, name, type, signature, exceptions));
        }
    }

    /** Each replacement takes from the stack what the instruction took, and leaves what it left. */
    private final class SteppedMethod extends MethodVisitor {
        private final String method;

        SteppedMethod(String method, MethodVisitor next) {
            super(Opcodes.ASM9, next);
            this.method = method;
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String type) {
            if (opcode == Opcodes.GETFIELD && isState(owner, name)) {
                replace("get", name, "(L" + owner + ";)" + type);
            } else if (opcode == Opcodes.PUTFIELD && isState(owner, name)) {
                replace("put", name, "(L" + owner + ";" + type + ")V");
            } else {
                super.visitFieldInsn(opcode, owner, name, type);
            }
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String type, boolean isInterface) {
            if (owner.equals(VAR_HANDLE)) {
                replace("update", name, "(L" + VAR_HANDLE + ";" + type.substring(1));
            } else if (owner.equals(SYS) && !name.equals("address")) {
                replace("call", name, type);
            } else {
                super.visitMethodInsn(opcode, owner, name, type, isInterface);
            }
        }

        private void replace(String bootstrap, String name, String type) {
            super.visitInvokeDynamicInsn(name, type,
                new Handle(Opcodes.H_INVOKESTATIC, EXPLORER, bootstrap, BOOTSTRAP_TYPE, false), method);
        }
    }

    /** Looked up in the class as the parent has it, which is the same. */
    private boolean isState(String owner, String name) {
        if (!owner.startsWith("org/anyfd/poll/") && !owner.startsWith("org/anyfd/channel/")) {
            return false;
        }
        try {
            Class<?> at = Class.forName(owner.replace('/', '.'), false, getParent());
            for (; at != null; at = at.getSuperclass()) {
                for (Field field : at.getDeclaredFields()) {
                    if (field.getName().equals(name)) {
                        return !Modifier.isFinal(field.getModifiers());
                    }
                }
            }
            throw new IllegalStateException("no field " + owner + "." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
