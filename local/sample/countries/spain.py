"""People in Spain, who speak Spanish and carry two family names."""

from local.sample.countries.country import City, Country, names

SPAIN = Country(
    code="ES",
    language="es",
    language_name="Español",
    zone="Europe/Madrid",
    women=names("""
        María Carmen Ana Isabel Laura Cristina Marta Lucía Paula Elena Raquel Pilar Mercedes Rosario Dolores
        Sofía Martina Valeria Noelia Begoña Inés Verónica Ángeles Concepción Montserrat Núria Irene Rocío
        Mónica Sílvia Encarnación Alba Nerea Itziar Úrsula
    """),
    men=names("""
        Antonio Manuel José Francisco David Juan Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro
        Ángel Sergio Pablo Fernando Jorge Luis Alberto Álvaro Adrián Diego Raúl Iván Rubén Andrés Ramón
        Joaquín Óscar Íñigo Martín Nicolás Félix
    """),
    families=names("""
        García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández
        Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez
        Serrano Blanco Molina Suárez Ortega Delgado Castro Ortiz Núñez Ibáñez de_la_Fuente del_Río Peñalver
    """),
    second_family=0.97,
    streets=names("""
        Calle_Mayor Calle_Real Calle_de_la_Iglesia Avenida_de_la_Constitución Plaza_de_España Calle_del_Sol
        Paseo_de_la_Estación Calle_Nueva Calle_San_José Ronda_del_Río Calle_Cervantes Camino_Viejo
    """),
    street_line="{street}, {number}",
    cities=(
        City("Madrid", "Madrid", "280##"),
        City("Sevilla", "Sevilla", "410##"),
        City("València", "Valencia", "460##"),
        City("Zaragoza", "Zaragoza", "500##"),
        City("Málaga", "Málaga", "290##"),
        City("A Coruña", "A Coruña", "150##"),
        City("Logroño", "La Rioja", "260##"),
        City("Cáceres", "Cáceres", "100##"),
    ),
    clinic="Centro de Salud {city} {number}",
    visit="Consulta de seguimiento",
    second_language=("en", "English"),
)
