from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0009_identity'),
    ]

    operations = [
        migrations.AddField(
            model_name='peer',
            name='wants_appointments',
            field=models.BooleanField(default=False, help_text='Hears of appointments booked, moved and cancelled here (RAD-48).'),
        ),
        migrations.AlterField(
            model_name='peer',
            name='books_appointments',
            field=models.BooleanField(default=False, help_text='It is the scheduling authority: its SIU books, moves and cancels, and its times may overlap others. Else they are noted only.'),
        ),
    ]
